-- Corrects what was taken to what was needed. KEYS[1]; ARGV: the name of the request, what is counted, the window (ms), a part of it (ms),
-- the part in which it is counted, how much was taken, how much was needed.
local key, counted = KEYS[1], ARGV[2]
if counted == 'concurrent' then return redis.call('ZREM', key, ARGV[1]) end
local window, length = tonumber(ARGV[3]), tonumber(ARGV[4])
local taken, needed = tonumber(ARGV[6]), tonumber(ARGV[7])
if needed < taken then
  local there = tonumber(redis.call('HGET', key, ARGV[5]) or 0)
  local back = math.min(there, taken - needed)
  if back > 0 then redis.call('HINCRBY', key, ARGV[5], string.format('%.0f', -back)) end
elseif needed > taken then
  local time = redis.call('TIME')
  local part = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / length)
  redis.call('HINCRBY', key, part, string.format('%.0f', needed - taken))
  redis.call('PEXPIRE', key, window + length)
end
return 1
