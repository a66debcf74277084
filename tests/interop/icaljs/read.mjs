// Reads iCalendar texts (a JSON list on standard input) with ical.js, and writes what it found as JSON:
// method and, of each event, what tells one meeting from another.
import ICAL from "ical.js";

const properties = (component, name) => component.getAllProperties(name);

function event(component) {
  const read = new ICAL.Event(component);
  const zulu = (time) => time.convertToZone(ICAL.Timezone.utcTimezone).toString();
  return {
    uid: read.uid,
    sequence: Number(component.getFirstPropertyValue("sequence") ?? 0),
    begin: zulu(read.startDate),
    end: zulu(read.endDate),
    summary: read.summary,
    location: read.location,
    status: component.getFirstPropertyValue("status"),
    organizer: component.getFirstPropertyValue("organizer"),
    attendees: properties(component, "attendee").map((one) => one.getFirstValue()),
    recurs: component.getFirstPropertyValue("rrule")?.toString() ?? null,
    recurrence: component.hasProperty("recurrence-id")
      ? zulu(component.getFirstPropertyValue("recurrence-id"))
      : null,
  };
}

function calendar(text) {
  const whole = new ICAL.Component(ICAL.parse(text));
  for (const zone of whole.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  return {
    method: whole.getFirstPropertyValue("method"),
    events: whole.getAllSubcomponents("vevent").map(event),
  };
}

let input = "";
for await (const chunk of process.stdin) input += chunk;
console.log(JSON.stringify(JSON.parse(input).map(calendar)));
