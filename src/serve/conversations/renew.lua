-- Says that a request goes on with a conversation. KEYS: who has it. ARGV: the name of the request, how long it may have it from now (ms).
-- Answers whether the request still had it.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
