-- Keeps a conversation, and gives it up. KEYS: the conversation, who has it. ARGV: the name of the request, the state, how long it is kept (ms).
-- Answers whether it is kept, which it is only if the request still had it.
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('HSET', KEYS[1], 'state', ARGV[2], 'by', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('DEL', KEYS[2])
  return 1
end
-- What was kept and could not be said is kept.
if redis.call('HGET', KEYS[1], 'by') == ARGV[1] then return 1 end
return 0
