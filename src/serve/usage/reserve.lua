-- Sets money aside in all accounts, or in none. Three keys an account: what was used this day, this month, and what is set aside. ARGV: the
-- name of the request, how long it may take at most (ms), how much, and by account: what may be spent a day and a month, or -1.
-- Answers {1}, or {0, the account, 1 for its day or 2 for its month}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local request, patience, amount = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 1, #KEYS / 3 do
  local held = KEYS[i * 3]
  redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
  local reserved = 0
  for _, member in ipairs(redis.call('ZRANGE', held, 0, -1)) do
    reserved = reserved + tonumber(string.match(member, ':(%d+)$'))
  end
  for span = 1, 2 do
    local limit = tonumber(ARGV[3 + (i - 1) * 2 + span])
    if limit >= 0 then
      local spent = tonumber(redis.call('HGET', KEYS[(i - 1) * 3 + span], 'cost') or 0)
      if spent >= limit or spent + reserved + amount > limit then return {0, i - 1, span} end
    end
  end
end
for i = 1, #KEYS / 3 do
  redis.call('ZADD', KEYS[i * 3], now + patience, request .. ':' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[i * 3], patience)
end
return {1}
