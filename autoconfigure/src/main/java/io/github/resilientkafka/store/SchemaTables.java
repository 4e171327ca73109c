package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.TransientDataAccessException;

/**
 * The tables as they are found in the database.
 */
class SchemaTables {

    private static final String EVENT_COLUMNS = """
            row_id, event_id, scope, namespace, channel, lane, topic, partition_no, record_timestamp, record_key,
            key_text, payload, headers, event_type, status, failure_kind, attempts, next_attempt_at, error_type,
            error_message, created_at, updated_at, resolved_at""";

    private static final String LANE_COLUMNS = """
            scope, namespace, channel, lane, owner, epoch, expires_at, wanted_at, drained_to, resolved, dlq,
            dlq_failed""";

    /**
     * Statements that touch no row but fail unless all columns are there and may be read and written.
     */
    private static final List<String> CHECKS = List.of(
            "select id from {events} where 1 = 0",
            "insert into {events} (" + EVENT_COLUMNS + ") select " + EVENT_COLUMNS + " from {events} where 1 = 0",
            "update {events} set status = status where 1 = 0",
            "delete from {events} where 1 = 0",
            "insert into {lanes} (" + LANE_COLUMNS + ") select " + LANE_COLUMNS + " from {lanes} where 1 = 0",
            "update {lanes} set owner = owner where 1 = 0");

    /**
     * Refused while it is planned where the index is missing that makes inserts idempotent. H2 looks before it inserts.
     */
    private static final String IDEMPOTENCE_CHECK = CHECKS.get(1) + PostgresSql.UNLESS_THERE;

    private static final List<String> SCOPE_CHECKS =
            List.of("select scope from {events} where 1 = 0", "select scope from {lanes} where 1 = 0");

    /** What PostgreSQL and H2 say of a column that is not there. */
    private static final Set<String> NO_SUCH_COLUMN = Set.of("42703", "42S22");

    private static final String SCHEMA_OF_TABLES = """
            select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.oid = coalesce(to_regclass('failed_kafka_events'), to_regclass('kafka_lane'))
               and has_table_privilege(c.oid, 'select, insert, update, delete')""";

    private static final Pattern VERSION = Pattern.compile("Resilient Kafka schema version (\\d+)");

    private final JdbcSession session;

    private final DatabaseVendor vendor;

    private final StoreScope scope;

    SchemaTables(JdbcSession session, DatabaseVendor vendor, StoreScope scope) {
        this.session = session;
        this.vendor = vendor;
        this.scope = scope;
    }

    /**
     * Checks that all columns are there and may be read and written, and that nothing can be inserted twice.
     * @return what is wrong, or null
     * @throws DataAccessException if the database does not answer
     */
    @Nullable
    DataAccessException problem() {
        DataAccessException problem = problem(CHECKS);
        return (problem == null && this.vendor == DatabaseVendor.POSTGRESQL)
                ? problem(List.of(IDEMPOTENCE_CHECK))
                : problem;
    }

    /**
     * Returns whether one of the tables is there but its column {@code scope} is not, as an earlier snapshot has made them.
     * @throws DataAccessException if the database does not answer
     */
    boolean lackScope() {
        DataAccessException problem = problem(SCOPE_CHECKS);
        return problem != null && NO_SUCH_COLUMN.contains(SqlErrors.state(problem));
    }

    private @Nullable DataAccessException problem(List<String> checks) {
        try {
            this.session.run("verify the tables", connection -> {
                try (Statement statement = connection.createStatement()) {
                    for (String check : checks) {
                        statement.execute(this.scope.sql(check));
                    }
                }
                return true;
            });
            return null;
        } catch (DataAccessResourceFailureException | TransientDataAccessException ex) {
            throw ex;
        } catch (DataAccessException ex) {
            return ex;
        }
    }

    /**
     * Returns the version that the scripts have noted in the comment of {@code kafka_lane}.
     * @return the version, 0 where it is not noted
     */
    int version() {
        return this.session.run("look up the schema's version", connection -> {
            Matcher version = VERSION.matcher(comment(connection));
            return version.find() ? Integer.parseInt(version.group(1)) : 0;
        });
    }

    private String comment(Connection connection) throws SQLException {
        String schema = schema(connection, this.vendor, this.scope).orElse(connection.getSchema());
        DatabaseMetaData metaData = connection.getMetaData();
        try (ResultSet table = metaData.getTables(null, schema, folded(metaData, "kafka_lane"), null)) {
            return table.next() ? String.valueOf(table.getString("REMARKS")) : "";
        }
    }

    /**
     * Returns the schema of the tables, as the database keeps its name. The one that a search path names first need not be
     * it: it may have been made later, and new tables in it would hide those with all that is stored.
     * @return the schema, or empty if none is chosen and there are no tables yet: it is the connection's own then
     */
    static Optional<String> schema(Connection connection, DatabaseVendor vendor, StoreScope scope) throws SQLException {
        if (scope.schema() != null) {
            return Optional.of(folded(connection.getMetaData(), scope.schema()));
        }
        if (vendor != DatabaseVendor.POSTGRESQL) {
            return Optional.empty();
        }
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(SCHEMA_OF_TABLES)) {
            return found.next() ? Optional.of(found.getString(1)) : Optional.empty();
        }
    }

    /**
     * Inserts the lanes of this application unless they are there.
     */
    void insertLanes() {
        try {
            this.session.run("insert lanes", this::insertMissingLanes);
        } catch (DuplicateKeyException ex) {
            // Another instance started at the same moment and was faster.
            this.session.run("insert lanes", this::insertMissingLanes);
        }
    }

    private int insertMissingLanes(Connection connection) throws SQLException {
        String insert = this.scope.sql("""
                insert into {lanes} (scope, namespace, channel, lane)
                select cast(? as integer), cast(? as varchar(200)), cast(? as varchar(100)), cast(? as smallint)
                 where not exists (
                       select 1 from {lanes} l where l.namespace = ? and l.channel = ? and l.lane = ?)""");
        if (countLanes(connection) == EventStore.LANES) {
            return 0;
        }
        try (var statement = connection.prepareStatement(
                this.vendor == DatabaseVendor.POSTGRESQL ? insert + " on conflict do nothing" : insert)) {
            for (int lane = 0; lane < EventStore.LANES; lane++) {
                statement.setInt(1, this.scope.number());
                statement.setString(2, this.scope.namespace());
                statement.setString(3, this.scope.channel());
                statement.setInt(4, lane);
                statement.setString(5, this.scope.namespace());
                statement.setString(6, this.scope.channel());
                statement.setInt(7, lane);
                statement.addBatch();
            }
            return statement.executeBatch().length;
        }
    }

    /**
     * Returns whether all lanes of this application have the number of its scope. Where they have not, what is stored is never
     * found: rows have the number, and are looked for with the lanes'.
     */
    boolean lanesHaveTheirNumber() {
        return this.session.run("check the lanes", connection -> {
            try (var statement = connection.prepareStatement(
                    this.scope.sql("select 1 from {lanes} where namespace = ? and channel = ? and scope <> ?"))) {
                statement.setString(1, this.scope.namespace());
                statement.setString(2, this.scope.channel());
                statement.setInt(3, this.scope.number());
                return !statement.executeQuery().next();
            }
        });
    }

    private int countLanes(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(
                this.scope.sql("select count(*) from {lanes} where namespace = ? and channel = ?"))) {
            statement.setString(1, this.scope.namespace());
            statement.setString(2, this.scope.channel());
            ResultSet count = statement.executeQuery();
            count.next();
            return count.getInt(1);
        }
    }

    /**
     * Returns a name as the database keeps it when it is written without quotes.
     */
    static String folded(DatabaseMetaData metaData, String name) throws SQLException {
        if (metaData.storesUpperCaseIdentifiers()) {
            return name.toUpperCase(Locale.ROOT);
        }
        return metaData.storesLowerCaseIdentifiers() ? name.toLowerCase(Locale.ROOT) : name;
    }
}
