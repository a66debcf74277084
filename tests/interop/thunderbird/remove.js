// Deletes an event, or one occurrence of a series (`at`), or with `whole` the
// series, by the function behind the Delete key.
const calendar = calendarOf(given.slug);
const item = await until(`${given.title} in ${given.slug}`, () => find(calendar, given.title, given.at));
mainWindow().calendarViewController.deleteOccurrences([item], !!given.whole, true);
return true;
