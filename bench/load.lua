-- Sends each line of a file once: a body and its proof, with a tab between.
local deliveries, sent = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local body, proof = line:match("^(.*)\t(.*)$")
    deliveries[#deliveries + 1] = wrk.format("POST", nil, {
      ["content-type"] = "application/json",
      ["x-meetingbaas-signature"] = proof,
    }, body)
  end
end

function request()
  sent = sent + 1
  -- One that is sent twice is answered with less work, so there is an end to them.
  return deliveries[sent] or error("more than " .. #deliveries .. " deliveries were wanted")
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("\nfigures %d %d %d\n", summary.requests, summary.duration, failed))
end
