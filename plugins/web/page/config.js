// Where things are: /config.json, with the page's own origin for what it leaves open.
const own = location.origin;

// localhost, 127.0.0.1 and [::1] name one machine, but are different origins to a browser.
function sameMachine(url) {
  const loopback = (host) => ["localhost", "127.0.0.1", "[::1]"].includes(host);
  const there = new URL(url);
  return there.port === location.port && loopback(there.hostname) && loopback(location.hostname);
}

function base(url) {
  if (!url || sameMachine(url)) return own;
  return url.replace(/\/+$/, "").replace(/\/api\/(v1|auth)$/, "");
}

function socket(url, api) {
  const there = new URL(url || api);
  there.protocol = there.protocol.replace("http", "ws");
  if (url && sameMachine(url)) there.host = location.host;
  if (!there.pathname || there.pathname === "/") there.pathname = "/api/v1/ws";
  return there.href;
}

const text = await fetch("/config.json", { cache: "no-cache" }).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));
const api = base(text.api_url);
export const config = { api, ws: socket(text.ws_url, api), auth: `${base(text.issuer)}/api/auth` };
