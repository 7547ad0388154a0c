-- Takes all claims, or nothing. A key a claim. ARGV: the name of the request, how long it may take at most (ms), and by claim: what is counted
-- (`window`, `concurrent`), the limit, the window (ms), a part of it (ms), and how much of it is wanted.
-- Answers {1, by claim: its part, what remains, ms until more comes back}, or {0, the claim, ms to wait, what remains, ms until more comes back}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local request, patience = ARGV[1], tonumber(ARGV[2])

local function claim(i)
  local at = 2 + (i - 1) * 5
  return ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
end

-- What is in the window, by part, the oldest first.
local function parts_of(key, window, length)
  local flat, parts, sum = redis.call('HGETALL', key), {}, 0
  for j = 1, #flat, 2 do
    local part, count = tonumber(flat[j]), tonumber(flat[j + 1])
    if (part + 1) * length + window <= now then
      redis.call('HDEL', key, flat[j])
    else
      parts[#parts + 1] = {part, count}
      sum = sum + count
    end
  end
  table.sort(parts, function(a, b) return a[1] < b[1] end)
  return parts, sum
end

local function wait(parts, window, length, amount)
  local left = 0
  for _, part in ipairs(parts) do
    left = left + part[2]
    if left >= amount then return (part[1] + 1) * length + window - now end
  end
  return 0
end

local seen = {}
for i, key in ipairs(KEYS) do
  local counted, limit, window, length, amount = claim(i)
  if counted == 'concurrent' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    local under_way = redis.call('ZCARD', key)
    if under_way >= limit then return {0, i - 1, 1000, 0, 0} end
    seen[i] = {under_way}
  else
    local parts, sum = parts_of(key, window, length)
    local free = math.max(limit - sum, 0)
    if amount > free or free == 0 then
      return {0, i - 1, wait(parts, window, length, math.max(amount, 1) - free), free, wait(parts, window, length, 1)}
    end
    seen[i] = {free, parts}
  end
end

local answer = {1}
for i, key in ipairs(KEYS) do
  local counted, limit, window, length, amount = claim(i)
  if counted == 'concurrent' then
    redis.call('ZADD', key, now + patience, request)
    redis.call('PEXPIRE', key, patience)
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = 0, limit - seen[i][1] - 1, 0
  else
    local part = math.floor(now / length)
    redis.call('HINCRBY', key, part, string.format('%.0f', amount))
    redis.call('PEXPIRE', key, window + length)
    local parts = seen[i][2]
    local back = #parts > 0 and wait(parts, window, length, 1) or (part + 1) * length + window - now
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = part, seen[i][1] - amount, back
  end
end
return answer
