// The main window has its calendar tab open in week view.
await until("the main window", () => mainWindow()?.document.readyState == "complete");
await until("calendar's start", () => mainWindow().gCalendarStatusFeedback !== undefined);
await cal.manager.getCalendars();
const window = mainWindow();
await until("the tabs", () => window.document.getElementById("tabmail")?.tabInfo?.length > 0);
return Services.appinfo.version;
