/**
 * What the server is told, each a script in Lua that it runs as a whole, so that nothing comes in between.
 *
 * A cache has two keys besides its entries. `meta` is a text "epoch:count:cleared:floor": a number by chance, by which
 * this beginning is told from others; how many removals there were; which of them was the last of everything; and up to
 * which of them nothing is known any more. `removals` is a sorted set of ids by the number of their last removal, of
 * which only so many are remembered. Either may be evicted at any time. Without `meta` a new epoch begins, and nothing
 * that was there before is believed; without `removals`, no load that began before the last removal may store.
 *
 * A server whose memory is full lets a script use more once it has removed something. So removals do that first: they
 * have to work then, too.
 */

/** A script, and the text by which the server knows it. */
export interface Script {
  readonly text: string;
}

/** Removals that are remembered of one cache. */
const REMEMBERED = 4_000;

/** KEYS: meta, removals. ARGV[1]: the epoch, should one begin. */
const BEGIN = `
local epoch, count, cleared, floor
local meta = redis.call('GET', KEYS[1])
if meta then epoch, count, cleared, floor = string.match(meta, '^(%x+):(%d+):(%d+):(%d+)$') end
local isNew = not epoch
if isNew then
  epoch, count, cleared, floor = ARGV[1], 0, 0, 0
  redis.call('DEL', KEYS[2])
end
count, cleared, floor = tonumber(count), tonumber(cleared), tonumber(floor)
local function said() return string.format('%s:%d:%d:%d', epoch, count, cleared, floor) end
local function keep() redis.call('SET', KEYS[1], said()) end
-- So that a set which was evicted is not taken for one in which nothing has been removed.
local mark = '~' .. epoch
if not redis.call('ZSCORE', KEYS[2], mark) then
  floor = count
  redis.call('ZADD', KEYS[2], 'inf', mark)
  keep()
end
`;

/**
 * Says to those who have the entries in memory that something has changed, with the change and in the order of changes.
 * Where that may not be said, the change is made all the same. The last two of ARGV: the channel, and what is said there.
 */
const SAY = `
redis.pcall('PUBLISH', ARGV[#ARGV - 1], ARGV[#ARGV])
`;

/** → `meta`. */
export const FENCE: Script = {
  text: `${BEGIN}
return said()`,
};

/**
 * KEYS[3…]: entries. ARGV: epoch, the channel, and what is said there before an id; then of each entry its id, milliseconds
 * or "", what is to be stored, and `meta` as it was when the fence was taken. → of each 1, or 0: fenced. Mostly nothing has
 * been removed since, and nothing else is looked at.
 */
export const SET: Script = {
  text: `
local function put(i)
  local at = 4 * i
  if ARGV[at + 1] == '' then redis.call('SET', KEYS[2 + i], ARGV[at + 2])
  else redis.call('SET', KEYS[2 + i], ARGV[at + 2], 'PX', ARGV[at + 1]) end
  redis.pcall('PUBLISH', ARGV[2], ARGV[3] .. ARGV[at])
  return 1
end
local now, answers, isSame = redis.call('GET', KEYS[1]), {}, true
for i = 1, #KEYS - 2 do isSame = isSame and now == ARGV[4 * i + 3] end
if isSame then
  for i = 1, #KEYS - 2 do answers[i] = put(i) end
  return answers
end
${BEGIN}
local function isFenced(i)
  local whose, at = string.match(ARGV[4 * i + 3], '^(%x+):(%d+)')
  local since = tonumber(at)
  if whose ~= epoch or since < cleared or since < floor then return true end
  local removed = redis.call('ZSCORE', KEYS[2], ARGV[4 * i])
  return removed and tonumber(removed) > since
end
for i = 1, #KEYS - 2 do
  if isFenced(i) then answers[i] = 0 else answers[i] = put(i) end
end
return answers`,
};

/**
 * KEYS[3]: the entry. ARGV: epoch, id; then see above. → how many there were, `meta` after this removal, and the number of
 * the one before it, of the entry or of everything.
 */
export const DELETE: Script = {
  text: `
local existed = redis.call('DEL', KEYS[3])
${BEGIN}
local before = math.max(cleared, floor, tonumber(redis.call('ZSCORE', KEYS[2], ARGV[2]) or 0))
count = count + 1
redis.call('ZADD', KEYS[2], count, ARGV[2])
local excess = redis.call('ZCARD', KEYS[2]) - ${REMEMBERED}
if excess > 0 then
  floor = tonumber(redis.call('ZRANGE', KEYS[2], excess - 1, excess - 1, 'WITHSCORES')[2])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, excess - 1)
end
keep()
${SAY}
return { existed, said(), before }`,
};

/** ARGV: epoch; then see above. Entries of before are not believed from now on, and are removed at leisure. → `meta`. */
export const CLEAR: Script = {
  text: `
redis.call('DEL', KEYS[2])
${BEGIN}
count = count + 1
cleared, floor = count, count
keep()
${SAY}
return said()`,
};

/** KEYS[3…]: entries. */
const LOOK = `
local function isBefore(key)
  local head = redis.pcall('GETRANGE', key, 0, 40)
  if type(head) ~= 'string' or head == '' then return nil end
  local whose, at = string.match(head, '^(%x+):(%d+)\\n')
  return whose ~= epoch or tonumber(at) < cleared
end
`;

/** KEYS[3…]: entries. ARGV: epoch. Removes those of before the last clear. */
export const SWEEP: Script = {
  text: `${BEGIN}${LOOK}
for i = 3, #KEYS do
  if isBefore(KEYS[i]) then redis.call('UNLINK', KEYS[i]) end
end
return 1`,
};

/** KEYS[3…]: entries. ARGV: epoch. → how many there are since the last clear. */
export const COUNT: Script = {
  text: `${BEGIN}${LOOK}
local count = 0
for i = 3, #KEYS do
  if isBefore(KEYS[i]) == false then count = count + 1 end
end
return count`,
};

/** KEYS: the entry. ARGV: a record. Removes the entry if it holds this very one. */
export const DROP: Script = {
  text: `
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, -#ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`,
};

/** KEYS: the lease. ARGV: a token by chance, milliseconds. → 1, or 0: somebody else has it. */
export const LEASE: Script = {
  text: `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`,
};

/** The same; for as long again from now on, if it is the one with this token. → 1, or 0. */
export const RENEW: Script = {
  text: `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`,
};

/** KEYS: the lease. ARGV: its token. */
export const RELEASE: Script = {
  text: `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`,
};

/**
 * KEYS: head, notes: the invalidations by tags, a text "epoch:count" and a list. ARGV[1]: the epoch, should one begin. A
 * list that is not as long as the head says was evicted, and a new epoch begins, in which nothing of before is valid.
 */
const OPEN = `
local epoch, count
local head = redis.call('GET', KEYS[1])
if head then epoch, count = string.match(head, '^(%x+):(%d+)$') end
count = tonumber(count)
local function begin()
  epoch, count = ARGV[1], 0
  redis.call('DEL', KEYS[2])
end
if not epoch or redis.call('LLEN', KEYS[2]) ~= count then
  begin()
  redis.call('SET', KEYS[1], epoch .. ':0')
end
`;

/** ARGV: epoch, the epoch that is known or "", and how much of it. → "epoch:count", the notes that are new. */
export const LEARN: Script = {
  text: `${OPEN}
local from = 0
if ARGV[2] == epoch then from = ARGV[3] end
return { epoch .. ':' .. string.format('%d', count), redis.call('LRANGE', KEYS[2], from, -1) }`,
};

/** ARGV: epoch, how many notes there may be, the notes that are to be added. → "epoch:count". */
export const TELL: Script = {
  text: `
-- Changes nothing, and counts as a change: a server whose memory is full has to learn of this, too.
redis.call('PERSIST', KEYS[1])
${OPEN}
if count + #ARGV - 3 > tonumber(ARGV[2]) then
  begin()
else
  for i = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
  count = count + #ARGV - 3
end
local now = epoch .. ':' .. string.format('%d', count)
redis.call('SET', KEYS[1], now)
-- To those who have entries in memory, and do not ask.
redis.pcall('PUBLISH', ARGV[3], '1 tags ' .. now)
return now`,
};
