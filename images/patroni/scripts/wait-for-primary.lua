-- wait-for-primary: holds a connection back until there is a primary that takes it.
--
-- PgBouncer lets its clients wait while it connects to a server, and answers them with an error as soon as one attempt
-- has failed. So no attempt may fail while a failover goes on. Health checks are up to a second old, so each connection
-- asks the members itself, and goes to the one that is named in the variable txn.primary.
local LIMIT_SECONDS = 60 -- then PgBouncer's own timeout has sent the client away
local PAUSE_MILLISECONDS = 100

-- The members' names and addresses: first those that the health checks take for the primary.
local function members()
  local up, rest = {}, {}
  for name, server in pairs(core.backends["primary"].servers) do
    local list = server:get_stats().status:sub(1, 2) == "UP" and up or rest
    local address = server:get_addr()
    if address:match("^%d") then table.insert(list, { name = name, address = address }) end
  end
  for _, member in ipairs(rest) do table.insert(up, member) end
  return up
end

-- Patroni's status alone says who holds the lock; for its body it asks PostgreSQL, whether it runs and takes writes.
local function takes_writes(address)
  local ok, response = pcall(function()
    return core.httpclient():get({ url = "https://" .. address:gsub(":%d+$", "") .. ":8008/primary", timeout = 1000 })
  end)
  return ok
    and response.status == 200
    and response.body:find('"state": "running"', 1, true)
    and response.body:find('"role": "primary"', 1, true)
end

core.register_action("wait_for_primary", { "tcp-req" }, function(transaction)
  local deadline = core.now().sec + LIMIT_SECONDS
  while core.now().sec < deadline do
    for _, member in ipairs(members()) do
      if takes_writes(member.address) then
        transaction:set_var("txn.primary", member.name)
        return
      end
    end
    core.msleep(PAUSE_MILLISECONDS)
  end
  transaction:done()
end)
