-- Takes down what a request has used, in place of what was set aside for it. Three keys an account, as for `reserve.lua`, and one by
-- which it is known that it was done. ARGV: what is
-- set aside, by its name; requests, tokens sent, tokens received, cost, requests of unknown cost; how long a day and a month are kept (s).
if not redis.call('SET', KEYS[#KEYS], 1, 'NX', 'EX', 300) then return 0 end
for i = 1, (#KEYS - 1) / 3 do
  redis.call('ZREM', KEYS[i * 3], ARGV[1])
  for span = 1, 2 do
    local key = KEYS[(i - 1) * 3 + span]
    for j, field in ipairs({'requests', 'input', 'output', 'cost', 'unknown'}) do
      redis.call('HINCRBY', key, field, ARGV[1 + j])
    end
    redis.call('EXPIRE', key, ARGV[6 + span])
  end
end
return 1
