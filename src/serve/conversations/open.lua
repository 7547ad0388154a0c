-- Takes a conversation, or a place in the queue for it. KEYS: the conversation, who has it, who waits (in their order), until when each counts.
-- ARGV: the name of the request, how long it may have the conversation unless it says that it goes on (ms), how long it counts among those
-- that wait unless it asks again (ms), how many may wait, how long a conversation is kept (ms).
-- Answers {1, 0, its state} to whom it gives the conversation, {0, how many wait before it} to whom it does not yet, and {-1, 0} when too many wait.
local conversation, holder, queue, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local request, lease, patience, most, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now)) do
  redis.call('ZREM', queue, gone)
  redis.call('ZREM', waiting, gone)
end

local has = redis.call('GET', holder)
local length = redis.call('ZCARD', queue)
local place = redis.call('ZRANK', queue, request)
-- What was given and could not be said is given again.
if has == request or (not has and (length == 0 or place == 0)) then
  redis.call('SET', holder, request, 'PX', lease)
  redis.call('ZREM', queue, request)
  redis.call('ZREM', waiting, request)
  redis.call('PEXPIRE', conversation, kept)
  return {1, 0, redis.call('HGET', conversation, 'state')}
end
if not place then
  if length >= most then return {-1, 0, false} end
  local last = redis.call('ZREVRANGE', queue, 0, 0, 'WITHSCORES')
  redis.call('ZADD', queue, (tonumber(last[2]) or 0) + 1, request)
  place = length
end
redis.call('ZADD', waiting, now + patience, request)
redis.call('PEXPIRE', queue, patience)
redis.call('PEXPIRE', waiting, patience)
return {0, place, false}
