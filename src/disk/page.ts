/** The pages of a database. */

/** Bytes of a page: SQLite's own choice, and what the empty database says that we write. */
export const PAGE = 4_096;
