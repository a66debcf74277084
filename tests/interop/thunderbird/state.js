// What Thunderbird made of each calendar after its first look at the server.
const results = [];
for (const calendar of cal.manager.getCalendars().filter(one => one.type == "caldav")) {
  results.push({
    slug: slugOf(calendar),
    disabled: !!calendar.getProperty("disabled"),
    status: calendar.getProperty("currentStatus") ?? 0,
    readOnly: calendar.readOnly,
    cached: !!calendar.getProperty("cache.enabled"),
  });
}
return results;
