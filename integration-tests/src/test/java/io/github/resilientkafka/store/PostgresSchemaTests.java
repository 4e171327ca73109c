package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.rows;
import static io.github.resilientkafka.store.StoreDatabase.scope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The tables at start-up, on PostgreSQL: created by Flyway or without it, by one instance or several, with rights or
 * without.
 */
@Tag("unhurried")
class PostgresSchemaTests {

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String url = this.postgres.createDatabase(TestApplication.unique("schema"));

    private final StoreDatabase database = new StoreDatabase(this.postgres, this.url, this.postgres.username());

    private final JdbcTemplate jdbc = this.database.jdbc();

    @AfterEach
    void close() {
        this.database.close();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "Kafka_Events")
    void flywayCreatesTheTablesWithAHistoryOfOurOwn(String schema) {
        this.database.schema(schema, true).afterPropertiesSet();
        this.database.schema(schema, true).afterPropertiesSet();

        String where = schema == null ? "public" : "kafka_events";
        assertThat(tables(where))
                .containsExactlyInAnyOrder("failed_kafka_events", "kafka_lane", "resilient_kafka_schema_history");
        assertThat(this.jdbc.queryForObject("show search_path", String.class)).isEqualTo("\"$user\", public");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "Kafka_Events")
    void theScriptsDoWithoutFlyway(String schema) {
        SchemaMigration migration =
                new SchemaMigration(this.database.pool(), DatabaseVendor.POSTGRESQL, scope(schema, "app"));
        migration.runScripts();
        migration.runScripts();
        this.database.schema(schema, false).afterPropertiesSet();

        assertThat(tables(schema == null ? "public" : "kafka_events"))
                .containsExactlyInAnyOrder("failed_kafka_events", "kafka_lane");
        assertThat(this.jdbc.queryForObject("show search_path", String.class)).isEqualTo("\"$user\", public");
    }

    @Test
    void flywayTakesOverWhatTheScriptsHaveMade() {
        new SchemaMigration(this.database.pool(), DatabaseVendor.POSTGRESQL, scope(null, "app")).runScripts();
        this.jdbc.execute("comment on table kafka_lane is null");

        this.database.schema(null, true).afterPropertiesSet();

        assertThat(tables("public")).contains("resilient_kafka_schema_history");
    }

    @Test
    void aSchemaWithOtherTablesIsNoProblem() {
        this.jdbc.execute("create table customers (id int)");

        this.database.schema(null, true).afterPropertiesSet();

        assertThat(tables("public")).contains("customers", "kafka_lane");
    }

    @Test
    @DisplayName(
            "W1: a schema that is put in front of the tables' hides no stored event: there is no second set of tables")
    void aSchemaInFrontOfTheTables() {
        this.database.schema(null, true).afterPropertiesSet();
        this.database.store().save(rows(5, 1));
        String inFront = this.postgres.username();
        this.jdbc.execute("create schema " + inFront);
        try (StoreDatabase again = new StoreDatabase(this.postgres, this.url, this.postgres.username())) {
            again.schema(null, true).afterPropertiesSet();
            assertThat(again.events().stats().pending()).isEqualTo(5);

            this.jdbc.execute("comment on table kafka_lane is null");
            this.jdbc.execute("drop index failed_kafka_events_dead_letters");
            new SchemaMigration(again.pool(), DatabaseVendor.POSTGRESQL, scope(null, "app")).runScripts();
            assertThat(this.jdbc.queryForObject("select to_regclass('failed_kafka_events_dead_letters')", String.class))
                    .isNotNull();

            this.jdbc.execute("drop table resilient_kafka_schema_history");
            this.jdbc.execute("comment on table kafka_lane is null");
            again.schema(null, true).afterPropertiesSet();
            assertThat(again.events().stats().pending()).isEqualTo(5);
        }
        assertThat(tables(inFront)).isEmpty();
        assertThat(tables("public"))
                .containsExactlyInAnyOrder("failed_kafka_events", "kafka_lane", "resilient_kafka_schema_history");
    }

    @Test
    @DisplayName(
            "W1: tables behind our schema that we may not use are another application's: ours are made in our schema")
    void tablesOfAnotherRoleBehindOurSchema() {
        this.database.schema(null, true).afterPropertiesSet();
        try (StoreDatabase limited = limited()) {
            this.jdbc.execute("create schema \"" + role() + "\" authorization \"" + role() + "\"");
            limited.schema(null, true).afterPropertiesSet();
            assertThat(tables(role())).contains("kafka_lane", "failed_kafka_events");
        }
    }

    @Test
    @DisplayName("W1: the index that makes inserts idempotent is missed at the start; the scripts make it anew")
    void aMissingUniqueIndexIsMissedAtTheStart() {
        this.database.schema(null, true).afterPropertiesSet();
        this.jdbc.execute("drop index failed_kafka_events_event");
        for (boolean migrate : new boolean[] {false, true}) {
            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(this.database.schema(null, migrate)::afterPropertiesSet)
                    .withMessageContaining("ON CONFLICT")
                    .satisfies(ex -> assertThat(ex.cure()).contains("Run the scripts"));
        }
        runByHand();
        assertThatNoException().isThrownBy(this.database.schema(null, false)::afterPropertiesSet);
    }

    @Test
    void instancesMayStartAtTheSameMoment() throws Exception {
        Threads.run(4, number -> this.database.schema(null, true).afterPropertiesSet());
        Threads.run(4, number -> new SchemaMigration(
                        this.database.pool(), DatabaseVendor.POSTGRESQL, scope("without_flyway", "app"))
                .runScripts());

        assertThat(this.jdbc.queryForObject("select count(*) from kafka_lane", Long.class))
                .isEqualTo(64);
        assertThat(tables("without_flyway")).hasSize(2);
    }

    @Test
    void withoutTheRightToCreateTablesTheCureNamesTheScripts() {
        try (StoreDatabase limited = limited()) {
            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(limited.schema(null, true)::afterPropertiesSet)
                    .withMessageContaining("permission denied")
                    .satisfies(ex -> assertThat(ex.cure())
                            .contains("classpath:io/github/resilientkafka/schema/postgresql/", "fallback.migrate"));
        }
    }

    @Test
    void withoutTheRightToCreateTablesThoseMadeByHandAreUsed() {
        try (StoreDatabase limited = limited()) {
            runByHand();
            grant("select, insert, update, delete");

            assertThatNoException().isThrownBy(limited.schema(null, true)::afterPropertiesSet);
            assertThatNoException().isThrownBy(limited.schema(null, false)::afterPropertiesSet);
        }
    }

    @Test
    void rightsThatWillBeNeededAreMissedAtStartUp() {
        try (StoreDatabase limited = limited()) {
            runByHand();
            grant("select, update, delete");

            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(limited.schema(null, false)::afterPropertiesSet)
                    .withMessageContaining("permission denied for table failed_kafka_events");
        }
    }

    @Test
    void withoutMigrationNothingIsCreated() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(this.database.schema(null, false)::afterPropertiesSet);

        assertThat(tables("public")).isEmpty();
    }

    @Test
    @DisplayName(
            "W1: tables of an earlier snapshot, without the number of their scope, fail the start; by its cures they lose no row")
    void tablesOfAnEarlierSnapshotAreRefused() {
        this.database.schema(null, true).afterPropertiesSet();
        this.database.store("app", true).save(rows(3, 1));
        this.jdbc.execute("alter table kafka_lane drop column scope");
        this.jdbc.execute("alter table failed_kafka_events drop column scope");
        this.jdbc.execute(
                "create index failed_kafka_events_pending on failed_kafka_events (namespace, channel, lane, id)"
                        + " where status = 'PENDING'");
        this.jdbc.execute("update resilient_kafka_schema_history set checksum = 1 where version = '1'");

        String cure = cureOf(this.database, true);
        assertThat(cureOf(this.database, false)).isEqualTo(cure);
        try (StoreDatabase limited = limited()) {
            grant("select, insert, update, delete");
            assertThat(cureOf(limited, true)).isEqualTo(cure);
        }

        run(cure);
        runByHand();
        run(cureOf(this.database, true));
        this.database.schema(null, true).afterPropertiesSet();
        EventStore store = this.database.store("app", true);
        assertThat(store.read(
                        store.lease("w", EventStatus.PENDING, NOW, 64, LEASE), EventStatus.PENDING, NOW, 10, List.of()))
                .hasSize(3);
        assertThat(this.jdbc.queryForObject(
                        "select indexdef from pg_indexes where indexname = 'failed_kafka_events_pending'",
                        String.class))
                .contains("(scope, lane, id, next_attempt_at)");
    }

    private static String cureOf(StoreDatabase database, boolean migrate) {
        return catchThrowableOfType(ConfigurationException.class, database.schema(null, migrate)::afterPropertiesSet)
                .cure();
    }

    /** Runs the statements that a cure names. */
    private void run(String cure) {
        Matcher statement =
                Pattern.compile("(alter table|drop index|update) [^;]*").matcher(cure);
        while (statement.find()) {
            this.jdbc.execute(statement.group());
        }
    }

    @Test
    void aWrongPasswordStopsTheStart() {
        this.jdbc.execute("create role \"" + role() + "\" login password 'another'");
        try (StoreDatabase refused = new StoreDatabase(this.postgres, this.url, role())) {
            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(refused.schema(null, true)::afterPropertiesSet)
                    .withMessageContaining("refuses the connection");
        }
    }

    /** An application whose user may do nothing but connect. */
    private StoreDatabase limited() {
        this.jdbc.execute("create role \"" + role() + "\" login password '" + this.postgres.password() + "'");
        return new StoreDatabase(this.postgres, this.url, role());
    }

    private String role() {
        return "user_" + this.url.substring(this.url.lastIndexOf('/') + 1);
    }

    private void runByHand() {
        new ResourceDatabasePopulator(
                        new ClassPathResource(DatabaseVendor.POSTGRESQL.scripts() + SchemaMigration.SCRIPTS.get(0)))
                .execute(new DriverManagerDataSource(this.url, this.postgres.username(), this.postgres.password()));
    }

    private void grant(String rights) {
        this.jdbc.execute("grant select, insert, update, delete on kafka_lane to \"" + role() + "\"");
        this.jdbc.execute("grant " + rights + " on failed_kafka_events to \"" + role() + "\"");
    }

    private List<String> tables(String schema) {
        return this.jdbc.queryForList("select tablename from pg_tables where schemaname = ?", String.class, schema);
    }
}
