// Draws an event into a calendar, through the transaction the event dialog uses.
const calendar = calendarOf(given.slug);
const event = new CalEvent();
event.id = given.uid;
event.title = given.title;
const berlin = cal.timezoneService.getTimezone("Europe/Berlin");
event.startDate = cal.createDateTime(given.start).getInTimezone(berlin);
event.endDate = cal.createDateTime(given.end).getInTimezone(berlin);
if (given.rule) {
  event.recurrenceInfo = new (ChromeUtils.importESModule(
    "resource:///modules/CalRecurrenceInfo.sys.mjs"
  ).CalRecurrenceInfo)(event);
  event.recurrenceInfo.appendRecurrenceItem(cal.createRecurrenceRule(`RRULE:${given.rule}`));
}
if (given.invite) {
  const { CalAttendee } = ChromeUtils.importESModule("resource:///modules/CalAttendee.sys.mjs");
  const organizer = new CalAttendee();
  organizer.id = `mailto:${given.organizer}`;
  organizer.isOrganizer = true;
  organizer.participationStatus = "ACCEPTED";
  event.organizer = organizer;
  for (const address of given.invite) {
    const attendee = new CalAttendee();
    attendee.id = `mailto:${address}`;
    attendee.role = "REQ-PARTICIPANT";
    attendee.participationStatus = "NEEDS-ACTION";
    attendee.rsvp = "TRUE";
    // What the dialog writes until its user clicks the icon: rooms too are individuals.
    attendee.userType = "INDIVIDUAL";
    event.addAttendee(attendee);
  }
}
event.calendar = calendar;
await mainWindow().doTransaction("add", event, calendar, null, null);
return true;
