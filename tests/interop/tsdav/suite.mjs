// tsdav against a demo town: what a web application built on it would do.
//
// Reads the server's address and the password from the environment; prints the
// node test runner's own report.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calendarMultiGet,
  calendarQuery,
  createDAVClient,
  davRequest,
  freeBusyQuery,
  getBasicAuthHeaders,
  propfind,
  syncCollection,
} from "tsdav";

const { TOWN_URL, TOWN_PASSWORD, TOWN_LOGIN, TOWN_OTHER_LOGIN } = process.env;
const DAY_MS = 24 * 3600 * 1000;
const MONDAY = Math.floor(Date.now() / DAY_MS) * DAY_MS + (21 - ((new Date().getUTCDay() + 6) % 7)) * DAY_MS;

const at = (day, hour) => new Date(MONDAY + day * DAY_MS + hour * 3600 * 1000);
const stamp = (date) => date.toISOString().replace(/[-:]|\.\d{3}/g, "");
const slug = (url) => url.replace(/\/+$/, "").split("/").pop();
const pathname = (url) => decodeURIComponent(new URL(url, TOWN_URL).pathname);

const event = (uid, summary, start, hours = 1, more = []) =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Terminraum//interop//DE",
    "BEGIN:VEVENT",
    `UID:${uid}`,
    `DTSTAMP:${stamp(new Date())}`,
    `DTSTART:${stamp(start)}`,
    `DTEND:${stamp(new Date(start.getTime() + hours * 3600 * 1000))}`,
    `SUMMARY:${summary}`,
    ...more,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ].join("\r\n");

const signIn = (username) =>
  createDAVClient({
    serverUrl: TOWN_URL,
    credentials: { username, password: TOWN_PASSWORD },
    authMethod: "Basic",
    defaultAccountType: "caldav",
  });

const headers = getBasicAuthHeaders({ username: TOWN_LOGIN, password: TOWN_PASSWORD });
const PROPS = { "d:getetag": {}, "c:calendar-data": {} };

let client;
let other;
let calendars;
const calendar = (name, list = calendars) => {
  const found = list.find((one) => slug(one.url) === name);
  assert.ok(found, `no calendar ${name} among ${list.map((one) => slug(one.url))}`);
  return found;
};

test("discovery leads from the bare address to the home", async () => {
  client = await signIn(TOWN_LOGIN);
  other = await signIn(TOWN_OTHER_LOGIN);
  const account = await client.createAccount({
    account: {
      serverUrl: TOWN_URL,
      accountType: "caldav",
      credentials: { username: TOWN_LOGIN, password: TOWN_PASSWORD },
    },
    loadCollections: true,
  });
  assert.ok(account.principalUrl && account.homeUrl, JSON.stringify(account));
  assert.ok(account.calendars.length >= 5);
});

test("the calendars are the own one and every permitted room", async () => {
  calendars = await client.fetchCalendars();
  const found = calendars.map((one) => slug(one.url)).sort();
  assert.deepEqual(found, ["beratungsraum-1", "beratungsraum-2", "beratungsraum-3", "kalender", "soziales-1"]);
});

test("every calendar has name, components, tag, token and reports", async () => {
  for (const one of calendars) {
    assert.equal(typeof one.displayName, "string", `${one.url} displayName`);
    assert.ok(one.components.includes("VEVENT"), `${one.url} components ${one.components}`);
    assert.ok(one.ctag, `${one.url} ctag`);
    assert.ok(one.syncToken, `${one.url} syncToken`);
    for (const report of ["syncCollection", "calendarQuery", "calendarMultiget", "freeBusyQuery"]) {
      assert.ok(one.reports.includes(report), `${one.url} lacks ${report}: ${one.reports}`);
    }
  }
});

test("a room takes events only, and says who may write", async () => {
  const [room] = await propfind({
    url: calendar("beratungsraum-1").url,
    depth: "0",
    headers,
    props: {
      "c:supported-calendar-component-set": {},
      "d:current-user-privilege-set": {},
      "d:owner": {},
      "d:displayname": {},
      "d:resourcetype": {},
    },
  });
  assert.equal(room.status, 207);
  const comps = [room.props.supportedCalendarComponentSet.comp].flat().map((comp) => comp._attributes.name);
  assert.deepEqual(comps, ["VEVENT"]);
  const privileges = [room.props.currentUserPrivilegeSet.privilege].flat().flatMap((one) => Object.keys(one));
  for (const wanted of ["read", "write", "writeContent", "bind", "unbind"]) {
    assert.ok(privileges.includes(wanted), `no ${wanted} among ${privileges}`);
  }
  assert.ok("calendar" in room.props.resourcetype && "collection" in room.props.resourcetype);
});

test("the principal has a mailto address", async () => {
  const [account] = [await client.createAccount({ account: { serverUrl: TOWN_URL, accountType: "caldav" } })];
  const addresses = await client.fetchCalendarUserAddresses({ account });
  assert.ok(addresses.some((address) => address.startsWith("mailto:")), addresses.join());
});

test("an event is created, and a second one under its name is refused", async () => {
  const room = calendar("beratungsraum-1");
  const made = await client.createCalendarObject({
    calendar: room,
    filename: "tsdav-1.ics",
    iCalString: event("tsdav-1", "Antrag Elterngeld", at(0, 8)),
  });
  assert.equal(made.status, 201, await made.text());
  const again = await client.createCalendarObject({
    calendar: room,
    filename: "tsdav-1.ics",
    iCalString: event("tsdav-1", "Antrag Elterngeld", at(0, 8)),
  });
  assert.equal(again.status, 412, await again.text());
});

test("it comes back by listing, by time range and by multiget", async () => {
  const room = calendar("beratungsraum-1");
  const listed = await client.fetchCalendarObjects({ calendar: room });
  assert.equal(listed.length, 1);
  assert.match(listed[0].data, /SUMMARY:Antrag Elterngeld/);
  const timeRange = { start: at(0, 8).toISOString(), end: at(0, 9).toISOString() };
  assert.equal((await client.fetchCalendarObjects({ calendar: room, timeRange })).length, 1);
  const later = { start: at(0, 9).toISOString(), end: at(0, 10).toISOString() };
  assert.equal((await client.fetchCalendarObjects({ calendar: room, timeRange: later })).length, 0);
  const answers = await calendarMultiGet({
    url: room.url,
    props: PROPS,
    objectUrls: [pathname(listed[0].url)],
    depth: "1",
    headers,
  });
  assert.equal(answers.length, 1);
  assert.match(answers[0].props.calendarData, /SUMMARY:Antrag Elterngeld/);
});

test("multiget answers 404 for what is not there", async () => {
  const missing = pathname(calendar("beratungsraum-1").url) + "gibt-es-nicht.ics";
  const asked = calendarMultiGet({
    url: calendar("beratungsraum-1").url,
    props: PROPS,
    objectUrls: [missing],
    depth: "1",
    headers,
  });
  await assert.rejects(asked, /Collection query failed: 404/);
});

test("an event is changed with its tag, and not with an old one", async () => {
  const room = calendar("beratungsraum-1");
  const [before] = await client.fetchCalendarObjects({ calendar: room });
  const data = event("tsdav-1", "Antrag Elterngeld (zweiter Termin)", at(0, 10));
  const changed = await client.updateCalendarObject({ calendarObject: { ...before, data } });
  assert.ok(changed.ok, `${changed.status} ${await changed.text()}`);
  const stale = await client.updateCalendarObject({ calendarObject: { ...before, data } });
  assert.equal(stale.status, 412, await stale.text());
  const [after] = await client.fetchCalendarObjects({ calendar: room });
  assert.match(after.data, /zweiter Termin/);
  assert.notEqual(after.etag, before.etag);
});

test("a sync from nothing, then of one change and one deletion", async () => {
  const room = calendar("beratungsraum-3");
  const props = { "d:getetag": {} };
  const first = await syncCollection({ url: room.url, props, syncLevel: 1, syncToken: "", headers });
  const token = first[0].raw.multistatus.syncToken;
  assert.ok(token);
  for (const name of ["a", "b"]) {
    const hour = name === "a" ? 8 : 10;
    const made = await client.createCalendarObject({
      calendar: room,
      filename: `tsdav-sync-${name}.ics`,
      iCalString: event(`tsdav-sync-${name}`, "Abgleich", at(1, hour)),
    });
    assert.equal(made.status, 201);
  }
  const second = await syncCollection({ url: room.url, props, syncLevel: 1, syncToken: token, headers });
  assert.equal(second.filter((one) => one.href && one.props?.getetag).length, 2);
  const middle = second[0].raw.multistatus.syncToken;
  const objects = await client.fetchCalendarObjects({ calendar: room });
  const gone = objects.find((one) => slug(one.url) === "tsdav-sync-a.ics");
  assert.ok((await client.deleteCalendarObject({ calendarObject: gone })).ok);
  const third = await syncCollection({ url: room.url, props, syncLevel: 1, syncToken: middle, headers });
  assert.deepEqual(third.filter((one) => one.href).map((one) => [slug(one.href), one.status]), [["tsdav-sync-a.ics", 404]]);
});

test("a token that was never given is refused with valid-sync-token", async () => {
  const [answer] = await syncCollection({
    url: calendar("beratungsraum-3").url,
    props: { "d:getetag": {} },
    syncLevel: 1,
    syncToken: "http://example.com/nie-vergeben",
    headers,
  });
  assert.equal(answer.status, 403);
});

test("smart sync finds what another device did", async () => {
  const room = calendar("beratungsraum-3");
  const known = {
    ...room,
    objects: await client.fetchCalendarObjects({ calendar: room }),
    objectMultiGet: client.calendarMultiGet,
  };
  const made = await client.createCalendarObject({
    calendar: room,
    filename: "tsdav-smart.ics",
    iCalString: event("tsdav-smart", "Nachgetragen", at(2, 8)),
  });
  assert.equal(made.status, 201);
  const synced = await client.smartCollectionSync({
    collection: known,
    method: "webdav",
    detailedResult: true,
  });
  assert.ok(synced.objects.created.some((one) => slug(one.url) === "tsdav-smart.ics"), JSON.stringify(synced.objects));
});

test("a taken slot is refused, and the slot stays as it was", async () => {
  const theirs = calendar("beratungsraum-2", await other.fetchCalendars());
  const booked = await other.createCalendarObject({
    calendar: theirs,
    filename: "fremd.ics",
    iCalString: event("fremd", "Hilfeplangespräch", at(0, 13)),
  });
  assert.equal(booked.status, 201, await booked.text());
  const refused = await client.createCalendarObject({
    calendar: calendar("beratungsraum-2"),
    filename: "zu-spaet.ics",
    iCalString: event("zu-spaet", "Zu spät", at(0, 13)),
  });
  const said = await refused.text();
  assert.equal(refused.status, 403, said);
  assert.match(said, /responsedescription/);
  const seen = await client.fetchCalendarObjects({ calendar: calendar("beratungsraum-2") });
  assert.equal(seen.length, 1);
  assert.doesNotMatch(seen[0].data, /Hilfeplan|Zu spät/);
});

test("free/busy of a room shows when, and not what", async () => {
  const timeRange = { start: at(0, 0).toISOString(), end: at(1, 0).toISOString() };
  const answer = await freeBusyQuery({ url: calendar("beratungsraum-2").url, timeRange, headers });
  const text = typeof answer.raw === "string" ? answer.raw : JSON.stringify(answer);
  assert.match(text, /BEGIN:VFREEBUSY/);
  assert.match(text, new RegExp(`${stamp(at(0, 13))}/(${stamp(at(0, 14))}|PT1H)`));
  assert.doesNotMatch(text, /Hilfeplan/);
});

test("a series is expanded by the server", async () => {
  const room = calendar("soziales-1");
  const made = await client.createCalendarObject({
    calendar: room,
    filename: "reihe.ics",
    iCalString: event("reihe", "Teamrunde", at(0, 7), 1, ["RRULE:FREQ=WEEKLY;COUNT=4"]),
  });
  assert.equal(made.status, 201, await made.text());
  const [one] = await client.fetchCalendarObjects({
    calendar: room,
    timeRange: { start: at(7, 0).toISOString(), end: at(8, 0).toISOString() },
    expand: true,
  });
  assert.equal(one.data.match(/BEGIN:VEVENT/g).length, 1);
  assert.match(one.data, new RegExp(`RECURRENCE-ID:${stamp(at(7, 7))}`));
});

test("a search by text finds one event", async () => {
  const found = await calendarQuery({
    url: calendar("soziales-1").url,
    props: PROPS,
    depth: "1",
    headers,
    filters: {
      "comp-filter": {
        _attributes: { name: "VCALENDAR" },
        "comp-filter": {
          _attributes: { name: "VEVENT" },
          "prop-filter": { _attributes: { name: "SUMMARY" }, "text-match": "teamRUNDE" },
        },
      },
    },
  });
  assert.equal(found.filter((one) => one.href).length, 1);
});

test("a calendar of one's own is made, listed and deleted", async () => {
  const url = new URL("tsdav-eigen/", new URL(calendar("kalender").url.replace(/[^/]+\/?$/, ""))).href;
  const [made] = await client.makeCalendar({ url, props: { "d:displayname": "Vertretung" } });
  assert.ok(made.ok, JSON.stringify(made));
  const listed = await client.fetchCalendars();
  assert.equal(calendar("tsdav-eigen", listed).displayName, "Vertretung");
  const [deleted] = await davRequest({ url, init: { method: "DELETE", headers, body: undefined } });
  assert.ok(deleted.ok, JSON.stringify(deleted));
  assert.equal((await client.fetchCalendars()).length, calendars.length);
});

test("an event is deleted, and is gone", async () => {
  const room = calendar("beratungsraum-1");
  const [before] = await client.fetchCalendarObjects({ calendar: room });
  assert.ok((await client.deleteCalendarObject({ calendarObject: before })).ok);
  assert.equal((await client.fetchCalendarObjects({ calendar: room })).length, 0);
});

test("a wrong password is a 401", async () => {
  const [answer] = await propfind({
    url: calendar("kalender").url,
    depth: "0",
    headers: getBasicAuthHeaders({ username: TOWN_LOGIN, password: "falsch" }),
    props: { "d:displayname": {} },
  });
  assert.equal(answer.status, 401);
});
