// Put before every script: what they share. `given` holds the values passed in.
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalEvent } = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const PATIENCE_MS = given.patience ?? 20000;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// Asks again and again until the answer is true; throws after PATIENCE_MS.
async function until(what, question) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await question();
    if (answer) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${PATIENCE_MS} ms in vain for: ${what}`);
    }
    await pause(100);
  }
}

const mainWindow = () => Services.wm.getMostRecentWindow("mail:3pane");

const slugOf = calendar => calendar.uri.filePath.split("/").filter(Boolean).pop();

function calendarOf(slug) {
  const found = cal.manager.getCalendars().find(one => one.type == "caldav" && slugOf(one) == slug);
  if (!found) {
    throw new Error(`no calendar ${slug}`);
  }
  return found;
}

// Events as the user sees them between two moments, occurrences of a series each on its own.
async function eventsOf(calendar, from, to) {
  const filter = Ci.calICalendar.ITEM_FILTER_TYPE_EVENT | Ci.calICalendar.ITEM_FILTER_CLASS_OCCURRENCES;
  return calendar.getItemsAsArray(filter, 0, cal.createDateTime(from), cal.createDateTime(to));
}

const told = item => ({
  title: item.title ?? "",
  start: item.startDate.getInTimezone(cal.dtz.UTC).icalString,
  end: item.endDate.getInTimezone(cal.dtz.UTC).icalString,
  uid: item.id,
});

// Reads the calendar from the server again, and waits until Thunderbird says it has.
async function refresh(calendar) {
  const loaded = new Promise(resolve => {
    const observer = {
      QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
      onStartBatch() {},
      onEndBatch() {},
      onLoad() {
        calendar.removeObserver(observer);
        resolve();
      },
      onAddItem() {},
      onModifyItem() {},
      onDeleteItem() {},
      onError() {},
      onPropertyChanged() {},
      onPropertyDeleting() {},
    };
    calendar.addObserver(observer);
  });
  calendar.refresh();
  await Promise.race([loaded, pause(5000)]);
}

// One event of the calendar by its title (and, for a series, the start of the occurrence).
async function find(calendar, title, start) {
  const all = await eventsOf(calendar, given.from, given.to);
  return all.find(item => item.title == title && (!start || told(item).start == start));
}
