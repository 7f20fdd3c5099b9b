/** `docker stop` sends SIGKILL this long after SIGTERM; other service managers wait longer. */
export const graceMillis = 10_000
