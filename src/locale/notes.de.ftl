# Letters to people of the town hall.
