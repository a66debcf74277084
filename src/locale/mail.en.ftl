# Letters to citizens.
