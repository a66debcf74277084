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
event.calendar = calendar;
await mainWindow().doTransaction("add", event, calendar, null, null);
return true;
