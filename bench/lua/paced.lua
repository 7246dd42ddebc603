-- An open loop: requests are due at a constant rate, whatever becomes of those before. A latency counts from the
-- moment at which its request was due, also where no connection was free then: nothing that is slow hides itself.
dofile(os.getenv("BENCH_LUA") .. "/told.lua")

local rate = tonumber(os.getenv("BENCH_RATE"))
local notes = os.getenv("BENCH_NOTES")
local begun, slots, first, last = nil, {}, 1, 0
latencies = {}

-- wrk asks for the pause in front of a request, and for the request when the pause is over.
function delay()
    begun = begun or now() + 0.1
    local due = begun + last / rate
    last = last + 1
    slots[last] = due
    return math.max(0, math.floor((due - now()) * 1000))
end

function request()
    local due = math.min(slots[first] or now(), now())
    slots[first] = nil
    first = first + 1
    local id = string.format("%.6f-%d", due, first)
    local body = string.format('{"title":"bench %s","notes":"%s"}', id, notes)
    return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["X-Request-ID"] = id}, body)
end

function response(status, headers, body)
    local due = status == 202 and tonumber(string.match(headers["X-Request-ID"] or "", "^[%d.]+"))
    if due then latencies[#latencies + 1] = (now() - due) * 1000 end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency, requests)
    local all = threads[1]:get("latencies")
    table.sort(all)
    told(summary, percentile(all, 50), percentile(all, 95), percentile(all, 99))
end
