-- What an account has used this day and this month, and what is set aside: requests, tokens sent and received, cost, requests of unknown cost,
-- of each; then the sums that are set aside.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for span = 1, 2 do
  for _, count in ipairs(redis.call('HMGET', KEYS[span], 'requests', 'input', 'output', 'cost', 'unknown')) do
    answer[#answer + 1] = count or '0'
  end
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], now, '+inf')) do
  answer[#answer + 1] = string.match(member, ':(%d+)$')
end
return answer
