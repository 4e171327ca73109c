package io.github.resilientkafka.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;

/**
 * Statistics in H2. Its tables are small: what PostgreSQL estimates is counted here, but told apart all the same.
 */
final class H2FailedEvents extends JdbcFailedEvents {

    private static final String STATS = """
            select p.pending, p.oldest_pending, t.resolved, t.dlq, t.dlq_failed
              from (select count(*) as pending, min(created_at) as oldest_pending
                      from {events}
                     where namespace = ? and channel = ? and status = 'PENDING') p
                   cross join (
                     select coalesce(sum(resolved), 0) as resolved, coalesce(sum(dlq), 0) as dlq,
                            coalesce(sum(dlq_failed), 0) as dlq_failed
                       from {lanes}
                      where namespace = ? and channel = ?) t""";

    H2FailedEvents(JdbcSession session, StoreScope scope) {
        super(session, scope);
    }

    @Override
    public RetryStats stats() {
        return this.session.run("count events", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(STATS))) {
                bind(
                        statement,
                        this.scope.namespace(),
                        this.scope.channel(),
                        this.scope.namespace(),
                        this.scope.channel());
                ResultSet row = statement.executeQuery();
                row.next();
                return new RetryStats(
                        row.getLong("pending"),
                        true,
                        row.getLong("resolved"),
                        row.getLong("dlq"),
                        row.getLong("dlq_failed"),
                        instant(row, "oldest_pending"));
            }
        });
    }
}
