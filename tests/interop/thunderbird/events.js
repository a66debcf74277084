// Reads the calendar from the server again and tells what it then shows.
const calendar = calendarOf(given.slug);
if (given.refresh) {
  await refresh(calendar);
}
return (await eventsOf(calendar, given.from, given.to)).map(told);
