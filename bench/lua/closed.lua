-- A closed loop: each connection sends its next request when the answer to the last one is there.
dofile(os.getenv("BENCH_LUA") .. "/told.lua")

wrk.method = os.getenv("BENCH_METHOD")
wrk.body = os.getenv("BENCH_BODY")
if wrk.body then wrk.headers["Content-Type"] = "application/json" end

function done(summary, latency, requests)
    told(summary, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3)
end
