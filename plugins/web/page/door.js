// Sign up and sign in: one form in two modes. Each error stands at the field it belongs to.
import { signIn, signUp, AuthError } from "./auth.js";
import { $ } from "./dom.js";

const MODES = {
  in: { title: "Welcome back", text: "Sign in to your tasks.", submit: "Sign in", swap: "New here?", other: "Create an account" },
  up: { title: "Create your account", text: "Your tasks, in one calm place.", submit: "Create account", swap: "Have an account?", other: "Sign in" },
};

const FIELD_OF = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ["email", "There is an account with this e-mail already. Sign in instead, or use another one."],
  USER_ALREADY_EXISTS: ["email", "There is an account with this e-mail already. Sign in instead, or use another one."],
  INVALID_EMAIL: ["email", "This is not an e-mail address."],
  PASSWORD_TOO_SHORT: ["password", "Use at least 8 characters."],
  PASSWORD_TOO_LONG: ["password", "Use at most 128 characters."],
  PASSWORD_COMPROMISED: ["password", "This password is too common: others would guess it. Choose another."],
  INVALID_EMAIL_OR_PASSWORD: ["", "E-mail and password do not match an account."],
  BANNED_USER: ["", "This account is disabled. Ask whoever runs this server."],
};

let mode = "in";
let done = () => {};

function say(field, text) {
  const input = field ? $(`#${field}`) : null;
  $(field ? `#${field}-error` : "#door-error").textContent = text;
  if (input) input.setAttribute("aria-invalid", text ? "true" : "false");
}

function clear() {
  for (const field of ["", "name", "email", "password"]) say(field, "");
}

function show(next) {
  mode = next;
  const words = MODES[mode];
  $("#door-title").textContent = words.title;
  $("#door-text").textContent = words.text;
  $("#door-submit").textContent = words.submit;
  $("#swap-text").textContent = words.swap;
  $("#swap").textContent = words.other;
  $("#name-field").hidden = mode === "in";
  $("#password").autocomplete = mode === "in" ? "current-password" : "new-password";
  document.title = `${words.submit} · evhost`;
  clear();
}

// What can be said before asking the server; true when all is well.
function check(values) {
  clear();
  if (mode === "up" && !values.name) say("name", "Tell us what to call you.");
  if (!/^[^\s@]+@[^\s@]+$/.test(values.email)) say("email", values.email ? "This is not an e-mail address." : "Enter your e-mail.");
  if (!values.password) say("password", "Enter your password.");
  else if (mode === "up" && values.password.length < 8) say("password", "Use at least 8 characters.");
  const wrong = $("#door-form [aria-invalid=true]");
  wrong?.focus();
  return !wrong;
}

function explain(error) {
  if (!(error instanceof AuthError)) return say("", "The server cannot be reached. Check your connection and try again.");
  if (error.status === 429 || error.status === 503)
    return say("", `Too many tries at the moment. Try again in ${error.retryAfter || 10} seconds.`);
  const [field, text] = FIELD_OF[error.code] ?? ["", error.message || "That did not work. Try again."];
  say(field, text);
  (field ? $(`#${field}`) : $("#password")).focus();
}

async function submit(event) {
  event.preventDefault();
  const values = { name: $("#name").value.trim(), email: $("#email").value.trim(), password: $("#password").value };
  if (!check(values)) return;
  const button = $("#door-submit");
  button.disabled = true;
  button.textContent = mode === "in" ? "Signing in…" : "Creating…";
  try {
    const token = mode === "in" ? await signIn(values.email, values.password) : await signUp(values.name, values.email, values.password);
    if (!token) throw new AuthError(0, "", "The browser kept no session. Allow cookies for this page.");
    $("#door-form").reset();
    done(mode === "up");
  } catch (error) {
    explain(error);
  } finally {
    button.disabled = false;
    button.textContent = MODES[mode].submit;
  }
}

// Shows the form; calls then(first) once somebody is signed in, first after a sign-up.
export function openDoor(then) {
  done = then;
  show("in");
  $("#door").hidden = false;
  $("#app").hidden = true;
  $("#email").focus();
}

export function closeDoor() {
  $("#door").hidden = true;
  $("#app").hidden = false;
}

$("#door-form").addEventListener("submit", submit);
$("#swap").addEventListener("click", () => (show(mode === "in" ? "up" : "in"), $(mode === "up" ? "#name" : "#email").focus()));
for (const field of ["name", "email", "password"]) $(`#${field}`).addEventListener("input", () => say(field, ""));
