//! The three scripts that a store runs in Redis: each is one step there, and one round trip.

use std::sync::LazyLock;

use redis::Script;

/// A script, which Redis knows by its hash once it has run.
pub(crate) struct LuaScript {
    pub(crate) code: &'static str,
    pub(crate) hash: String,
}

impl LuaScript {
    fn new(code: &'static str) -> Self {
        Self { code, hash: Script::new(code).get_hash().to_owned() }
    }
}

/// `KEYS[1]`: the time, and what is there. It writes nothing, so a replica runs it too.
pub(crate) static LOAD: LazyLock<LuaScript> = LazyLock::new(|| {
    LuaScript::new(
        "local found = redis.pcall('GET', KEYS[1])
if type(found) == 'table' then return found end
local time = redis.call('TIME')
return {time[1], time[2], found}",
    )
});

/// `KEYS[1]`, and `ARGV`: the revision that is expected or nothing, what to store, for how many milliseconds.
pub(crate) static COMPARE_AND_SET: LazyLock<LuaScript> = LazyLock::new(|| {
    LuaScript::new(
        "local found = redis.pcall('GET', KEYS[1])
if type(found) == 'table' then return found end
local expected = 'LCT1 ' .. ARGV[1] .. '\\n'
local time = redis.call('TIME')
if (found == false and ARGV[1] == '') or (found and ARGV[1] ~= '' and string.sub(found, 1, #expected) == expected) then
  local stored = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  if stored.err then return stored end
  return {time[1], time[2], 1}
end
return {time[1], time[2], found}",
    )
});

/// `KEYS`: from where to where; `ARGV`: the revision to move, or nothing for what cannot be read, and for how many milliseconds to keep it.
pub(crate) static SET_ASIDE: LazyLock<LuaScript> = LazyLock::new(|| {
    LuaScript::new(
        "local found = redis.pcall('GET', KEYS[1])
local is_other_type = type(found) == 'table' and string.find(found.err, 'WRONGTYPE', 1, true)
if type(found) == 'table' and not is_other_type then return found end
if found == false then return 0 end
if ARGV[1] == '' then
  if not is_other_type then
    if string.find(found, '^LCT1 %x+\\n') then return 0 end
    if string.find(found, '^LCT%d+ [^\\n]*\\n') and not string.find(found, '^LCT1 ') then return 0 end
  end
else
  local expected = 'LCT1 ' .. ARGV[1] .. '\\n'
  if is_other_type or string.sub(found, 1, #expected) ~= expected then return 0 end
end
local moved = redis.pcall('RENAME', KEYS[1], KEYS[2])
if moved.err then return moved end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1",
    )
});
