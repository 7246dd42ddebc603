-- What every script ends with: one line of JSON about the whole run. Latencies are milliseconds.
function told(summary, p50, p95, p99, more)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.3f,"p95":%.3f,"p99":%.3f%s}\n',
        summary.requests, summary.duration / 1e6, failed, p50, p95, p99, more or ""))
end

-- The value below which that share of a sorted list lies; 0 for an empty one.
function percentile(sorted, share)
    if #sorted == 0 then return 0 end
    return sorted[math.max(1, math.ceil(#sorted * share / 100))]
end

-- Seconds since 1970, as the services write them.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int, moment *); ]]
local clock = ffi.new("moment")
function now()
    ffi.C.clock_gettime(0, clock)
    return tonumber(clock.seconds) + tonumber(clock.nanoseconds) / 1e9
end
