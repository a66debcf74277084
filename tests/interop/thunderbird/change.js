// Changes title, start and end of an event, or of one occurrence of a series.
const calendar = calendarOf(given.slug);
const before = await until(`${given.title} in ${given.slug}`, () => find(calendar, given.title, given.at));
const after = before.clone();
const berlin = cal.timezoneService.getTimezone("Europe/Berlin");
if (given.newTitle) {
  after.title = given.newTitle;
}
if (given.start) {
  after.startDate = cal.createDateTime(given.start).getInTimezone(berlin);
  after.endDate = cal.createDateTime(given.end).getInTimezone(berlin);
}
await mainWindow().doTransaction("modify", after, calendar, before, null);
return true;
