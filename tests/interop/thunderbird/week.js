// Shows the calendar tab in week view on the week of `given.day`, every calendar ticked.
const window = mainWindow();
const { document } = window;
window.resizeTo(given.width, given.height);
document.getElementById("tabmail").openTab("calendar");
await until("the calendar tab", () => document.getElementById("tabmail").currentTabInfo.mode.name == "calendar");
window.switchToView("week");
await until("the week view", () => window.currentView()?.id == "week-view");
if (!window.currentView().workdaysOnly) {
  window.toggleWorkdaysOnly();
}
if (!document.getElementById("bottom-events-box").hidden) {
  window.toggleUnifinder();
}
document.getElementById("today-pane-panel")?.setVisible?.(false, true, true);
for (const calendar of cal.manager.getCalendars()) {
  if (calendar.type == "caldav") {
    window.ensureCalendarVisible(calendar);
    await refresh(calendar);
  } else {
    // The empty calendar of a new profile.
    cal.manager.unregisterCalendar(calendar);
  }
}
window.currentView().goToDay(cal.createDateTime(given.day));
window.AppMenuNotifications?.removeNotification(/./);
await window.currentView().ready;
await until("the events in the view", () => document.querySelectorAll("calendar-event-box").length >= given.count);
await pause(1500);
return document.querySelectorAll("calendar-event-box").length;
