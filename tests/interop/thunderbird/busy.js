// Busy times of an address, as the attendees dialog asks for them: each source answers by itself.
const service = Cc["@mozilla.org/calendar/freebusy-service;1"].getService(Ci.calIFreeBusyService);
return new Promise((resolve, reject) => {
  service.getFreeBusyIntervals(
    `mailto:${given.address}`,
    cal.createDateTime(given.from),
    cal.createDateTime(given.to),
    Ci.calIFreeBusyInterval.BUSY_ALL,
    {
      onResult(_operation, found) {
        if (found?.length) {
          resolve(
            found.map(one => ({
              busy: one.freeBusyType == Ci.calIFreeBusyInterval.BUSY,
              start: one.interval.start.getInTimezone(cal.dtz.UTC).icalString,
              end: one.interval.end.getInTimezone(cal.dtz.UTC).icalString,
            }))
          );
        }
      },
    }
  );
  setTimeout(() => reject(new Error("no answer about busy times")), PATIENCE_MS);
});
