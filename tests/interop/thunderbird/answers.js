// Who is invited to an event, and what they say, as its summary dialog shows them.
const calendar = calendarOf(given.slug);
await refresh(calendar);
const event = await find(calendar, given.title);
if (!event) {
  return [];
}
return event.getAttendees().map(attendee => ({
  address: attendee.id.toLowerCase().replace("mailto:", ""),
  answer: attendee.participationStatus,
  kind: attendee.userType,
}));
