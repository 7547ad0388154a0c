-- Gives a conversation up as it was, or the place in the queue for it. KEYS: who has it, who waits, until when each counts. ARGV: the name of the request.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[3], ARGV[1])
