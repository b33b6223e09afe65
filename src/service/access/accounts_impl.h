/* Internal to service/access: an account as a row of a query. */
#ifndef SX_SERVICE_ACCESS_ACCOUNTS_IMPL_H
#define SX_SERVICE_ACCESS_ACCOUNTS_IMPL_H

#include "service/access/accounts.h"

#define SX_ACCOUNT_COLUMNS                                                                         \
    "account.id, account.login, account.name, account.role, account.made, account.active,"         \
    " account.hash"
enum { SX_ACCOUNT_COLUMN_COUNT = 7 };

/* Reads those columns, the first ones of the row. */
void sx_account_from_row(const sx_db_row *row, sx_account *account);

#endif
