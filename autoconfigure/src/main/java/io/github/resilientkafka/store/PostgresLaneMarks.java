package io.github.resilientkafka.store;

import java.sql.ResultSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The marks of the lanes in PostgreSQL: up to where they are drained.
 */
final class PostgresLaneMarks {

    private final JdbcSession session;

    private final StoreScope scope;

    private final String writers;

    private final String lockLanes;

    private final String advance;

    private final String recheck;

    PostgresLaneMarks(JdbcSession session, StoreScope scope) {
        this.session = session;
        this.scope = scope;
        this.writers = scope.sql(PostgresSql.WRITERS);
        this.lockLanes = scope.sql(PostgresSql.LOCK_LANES);
        this.advance = scope.sql(PostgresSql.ADVANCE);
        this.recheck = scope.sql(PostgresSql.RECHECK);
    }

    /**
     * Nothing of the transactions that were writing when the rows had been seen is still to come once all of them have
     * ended; what is pending then holds its lane's mark.
     */
    void advance(DrainProgress progress) {
        if (!progress.isDue()) {
            return;
        }
        Map<Integer, Long> proven = progress.proven(writers());
        if (proven.isEmpty()) {
            return;
        }
        List<Integer> lanes = List.copyOf(proven.keySet());
        this.session.inTransaction("move the marks of drained lanes", connection -> {
            // Locked first, in a statement of its own: the next one sees every row that was made pending again.
            try (var parameters = new PostgresParameters(connection, this.lockLanes)) {
                parameters.scope(this.scope).integers(lanes, lane -> lane).query();
            }
            try (var parameters = new PostgresParameters(connection, this.advance)) {
                return parameters
                        .integers(lanes, lane -> lane)
                        .longs(lanes, proven::get)
                        .scope(this.scope)
                        .scope(this.scope)
                        .update();
            }
        });
    }

    private Set<String> writers() {
        return this.session.run("look for writers", connection -> {
            try (var parameters = new PostgresParameters(connection, this.writers)) {
                ResultSet rows = parameters.query();
                Set<String> writers = new HashSet<>();
                while (rows.next()) {
                    writers.add(rows.getString(1));
                }
                return writers;
            }
        });
    }

    void recheck(int lane) {
        this.session.run("look at a drained lane again", connection -> {
            try (var parameters = new PostgresParameters(connection, this.recheck)) {
                return parameters.scope(this.scope).number(lane).update();
            }
        });
    }
}
