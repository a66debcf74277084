// Goes through the dialog "New calendar": address and user name typed, password
// given to what its password prompt calls, all calendars found left ticked.
const parent = mainWindow();
const dialog = parent.openDialog("chrome://calendar/content/calendar-creation.xhtml", "_blank", "chrome,titlebar,resizable");
await until("the dialog", () => dialog.document.readyState == "complete" && dialog.findCalendars);
const element = id => dialog.document.getElementById(id);
dialog.selectPanel("panel-network-calendar-settings");
element("network-username-input").value = given.login;
element("network-location-input").value = given.address;
dialog.findCalendars(given.password, true);
try {
  await until("the calendars found", () => element("network-calendar-list").children.length > 0);
} catch (error) {
  const state = element("network-calendar-list").children.length;
  dialog.close();
  throw new Error(`${error.message} (${state} found)`);
}
const found = [...element("network-calendar-list").children].map(item => ({
  slug: slugOf(item.calendar),
  name: item.calendar.name,
  color: item.calendar.getProperty("color"),
  readOnly: item.calendar.readOnly,
  ticked: item.querySelector(".calendar-selected").checked,
}));
element("calendar-creation-dialog").acceptDialog();
await until("the subscriptions", () =>
  found.every(one => cal.manager.getCalendars().some(other => slugOf(other) == one.slug))
);
for (const { slug } of found) {
  const calendar = calendarOf(slug);
  await refresh(calendar);
}
return found;
