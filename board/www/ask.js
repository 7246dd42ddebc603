// Requests to the board and to the APIs. An answer is { ok, status, body }; whoever does not answer is one, too.
export async function get(url) {
  return answered(() => fetch(url, { cache: "no-store" }));
}

export async function post(url, body, headers = { "X-Lab": "board" }) {
  const options = { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
  return answered(() => fetch(url, options));
}

async function answered(ask) {
  try {
    const answer = await ask();
    const body = await answer.json().catch(() => ({}));
    return { ok: answer.ok, status: answer.status, body };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

export const why = (answer) => answer.body.detail || answer.body.title || String(answer.status || "—");
