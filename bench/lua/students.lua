-- A class: each connection is a student who sends a task, lists the tasks, waits for the own one, and thinks.
dofile(os.getenv("BENCH_LUA") .. "/told.lua")

local think = tonumber(os.getenv("BENCH_THINK_MS"))
local tasks = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local step, id, begun = "send", nil, 0
send, list, wait = {}, {}, {}

-- A thread has one connection, so that what it remembers is one student's.
function delay() return step == "send" and math.random(0, 2 * think) or 0 end

function request()
    begun = now()
    if step == "send" then return wrk.format("POST", tasks, {["Content-Type"] = "application/json"}, body) end
    if step == "list" then return wrk.format("GET", tasks) end
    return wrk.format("GET", tasks .. "/" .. id, {["Prefer"] = "wait=10"})
end

function response(status, headers, answer)
    local took = (now() - begun) * 1000
    if step == "send" then
        if status ~= 202 then return end
        id = string.match(answer, '"id":%s*"([^"]+)"')
        send[#send + 1] = took
        step = "list"
    elseif step == "list" then
        if status == 200 then list[#list + 1] = took end
        step = "wait"
    else
        if status == 200 then wait[#wait + 1] = took end
        step = "send"
    end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

local function gathered(name)
    local all = {}
    for _, thread in ipairs(threads) do
        for _, value in ipairs(thread:get(name)) do all[#all + 1] = value end
    end
    table.sort(all)
    return all
end

function done(summary, latency, requests)
    local more = ""
    for _, name in ipairs({"send", "list", "wait"}) do
        local all = gathered(name)
        more = more .. string.format(
            ',"%s":{"count":%d,"p50":%.3f,"p95":%.3f,"p99":%.3f}',
            name, #all, percentile(all, 50), percentile(all, 95), percentile(all, 99))
    end
    told(summary, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, more)
end
