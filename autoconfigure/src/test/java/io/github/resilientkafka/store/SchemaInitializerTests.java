package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.resilientkafka.message.ConfigurationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The tables at start-up, on H2; the rights that only PostgreSQL has are tested there.
 */
@ExtendWith(OutputCaptureExtension.class)
class SchemaInitializerTests {

    private final DataSource dataSource = h2();

    private final JdbcTemplate jdbc = new JdbcTemplate(this.dataSource);

    @Test
    void startingAgainChangesNothing() {
        schema(true).afterPropertiesSet();
        this.jdbc.update("update kafka_lane set epoch = 7 where lane = 3");
        schema(true).afterPropertiesSet();

        assertThat(this.jdbc.queryForList("select epoch from kafka_lane", Long.class))
                .hasSize(EventStore.LANES)
                .contains(7L);
    }

    @Test
    void everyApplicationGetsItsOwnLanes() {
        schema(true).afterPropertiesSet();
        new SchemaInitializer(this.dataSource, DatabaseVendor.H2, new StoreScope(null, "other", "default"), true)
                .afterPropertiesSet();

        assertThat(this.jdbc.queryForObject("select count(*) from kafka_lane", Long.class))
                .isEqualTo(2 * EventStore.LANES);
    }

    @Test
    void anOlderSchemaIsUpgraded() {
        schema(true).afterPropertiesSet();
        this.jdbc.execute("comment on table kafka_lane is 'Resilient Kafka schema version 0'");
        this.jdbc.execute("drop table \"" + FlywayMigration.HISTORY + "\"");
        schema(true).afterPropertiesSet();

        assertThat(tables().version()).isEqualTo(SchemaMigration.VERSION);
    }

    @Test
    void instancesMayStartAtTheSameMoment() throws Exception {
        int instances = 8;
        ExecutorService threads = Executors.newFixedThreadPool(instances);
        CyclicBarrier start = new CyclicBarrier(instances);
        List<Future<?>> started = new ArrayList<>();
        for (int i = 0; i < instances; i++) {
            started.add(threads.submit(() -> {
                start.await();
                schema(true).afterPropertiesSet();
                return null;
            }));
        }
        for (Future<?> instance : started) {
            assertThatNoException().isThrownBy(instance::get);
        }
        threads.shutdown();

        assertThat(this.jdbc.queryForObject("select count(*) from kafka_lane", Long.class))
                .isEqualTo(EventStore.LANES);
    }

    @Test
    void aMissingColumnIsNamed() {
        schema(true).afterPropertiesSet();
        this.jdbc.execute("alter table failed_kafka_events drop column event_type");

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(schema(false)::afterPropertiesSet)
                .withMessageContaining("EVENT_TYPE")
                .satisfies(ex -> assertThat(ex.cure()).contains(DatabaseVendor.H2.scripts(), "fallback.migrate"));
    }

    @ParameterizedTest
    @CsvSource({"failed_kafka_events, true", "failed_kafka_events, false", "kafka_lane, true", "kafka_lane, false"})
    @DisplayName("W1: tables of an earlier snapshot, without the number of their scope, fail the start with the cure")
    void tablesOfAnEarlierSnapshotAreRefused(String table, boolean migrate) {
        schema(true).afterPropertiesSet();
        this.jdbc.execute("alter table " + table + " drop column scope");

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(schema(migrate)::afterPropertiesSet)
                .withMessageContaining("SCOPE")
                .satisfies(ex -> assertThat(ex.cure())
                        .contains("alter table failed_kafka_events add column if not exists scope"));
    }

    @Test
    @DisplayName(
            "W1: lanes with another number than their scope's, by which nothing would be found, fail the start with the cure")
    void lanesWithAnotherNumberAreRefused() {
        schema(true).afterPropertiesSet();
        this.jdbc.execute("update kafka_lane set scope = 0 where lane = 7");

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(schema(true)::afterPropertiesSet)
                .satisfies(ex -> {
                    for (String update :
                            ex.cure().replaceAll(".* run: |; and start.*", "").split("; ")) {
                        this.jdbc.execute(update);
                    }
                });
        schema(true).afterPropertiesSet();
    }

    @Test
    void aDatabaseThatIsAwayDoesNotKeepTheApplicationFromStarting(CapturedOutput output) {
        Outage database = new Outage(this.dataSource, "08001");
        SchemaInitializer schema = schema(database, true);

        schema.afterPropertiesSet();

        assertThat(output).contains("does not answer");
        assertThatExceptionOfType(DataAccessException.class).isThrownBy(schema::beforeUse);
        database.away = false;
        schema.beforeUse();
        assertThat(tables().problem()).isNull();
    }

    @Test
    void wrongTablesThatAreSeenLaterAreAnErrorOfTheDatabase() {
        Outage database = new Outage(this.dataSource, "08001");
        SchemaInitializer schema = schema(database, false);
        schema.afterPropertiesSet();
        database.away = false;

        assertThatExceptionOfType(DataAccessException.class)
                .isThrownBy(schema::beforeUse)
                .withMessageContaining("resilient-kafka.fallback.migrate");
    }

    @Test
    void wrongCredentialsStopTheStart() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(schema(new Outage(this.dataSource, "28P01"), true)::afterPropertiesSet)
                .withMessageContaining("refuses the connection");
    }

    @ParameterizedTest
    @EnumSource
    void allScriptsAreListed(DatabaseVendor vendor) throws Exception {
        Resource[] scripts =
                new PathMatchingResourcePatternResolver().getResources("classpath:" + vendor.scripts() + "*.sql");

        assertThat(scripts)
                .extracting(Resource::getFilename)
                .containsExactlyInAnyOrderElementsOf(SchemaMigration.SCRIPTS)
                .hasSize(SchemaMigration.VERSION);
    }

    private SchemaInitializer schema(boolean migrate) {
        return schema(this.dataSource, migrate);
    }

    private static SchemaInitializer schema(DataSource dataSource, boolean migrate) {
        return new SchemaInitializer(dataSource, DatabaseVendor.H2, scope(), migrate);
    }

    private SchemaTables tables() {
        return new SchemaTables(new JdbcSession(this.dataSource, () -> {}), DatabaseVendor.H2, scope());
    }

    private static StoreScope scope() {
        return new StoreScope(null, "app", StoreScope.DEFAULT_CHANNEL);
    }

    private static DataSource h2() {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return dataSource;
    }

    /** Refuses connections until told otherwise. */
    private static final class Outage extends DelegatingDataSource {

        private final String sqlState;

        private boolean away = true;

        private Outage(DataSource target, String sqlState) {
            super(target);
            this.sqlState = sqlState;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (this.away) {
                throw new SQLException("no connection", this.sqlState);
            }
            return super.getConnection();
        }
    }
}
