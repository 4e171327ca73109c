package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import com.zaxxer.hikari.HikariDataSource;
import io.github.resilientkafka.message.ConfigurationException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

@ExtendWith(OutputCaptureExtension.class)
class StoreAutoConfigurationTests {

    private final String url = "jdbc:h2:mem:" + UUID.randomUUID();

    private final ApplicationContextRunner empty = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(StoreAutoConfiguration.class))
            .withPropertyValues("spring.application.name=shop");

    private final ApplicationContextRunner runner = this.empty
            .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
            .withPropertyValues("spring.datasource.url=" + this.url);

    @Test
    void theStoreIsReadyWithADatabase() {
        this.runner.run(context -> {
            context.getBean(EventStore.class).ping();
            assertThat(context.getBean(FailedEvents.class).stats().pending()).isZero();
            assertThat(context).hasSingleBean(GroupCommitWriter.class);
            assertThat(lanes(context)).containsOnly("shop/default").hasSize(64);
        });
    }

    @Test
    @DisplayName("W5: who asks for statistics within a transaction finds it as it was")
    void theApplicationsTransactionIsItsOwn() {
        DataSource pool = JdbcConnectionPool.create(this.url + ";DB_CLOSE_DELAY=-1", "", "");
        new JdbcTemplate(pool).execute("create table orders (id int)");
        DataSource aware = new TransactionAwareDataSourceProxy(pool);
        this.empty.withBean("dataSource", DataSource.class, () -> aware).run(context -> {
            FailedEvents events = context.getBean(FailedEvents.class);
            new TransactionTemplate(new DataSourceTransactionManager(aware)).executeWithoutResult(status -> {
                new JdbcTemplate(aware).update("insert into orders values (1)");
                events.stats();
                status.setRollbackOnly();
            });
            assertThat(new JdbcTemplate(pool).queryForObject("select count(*) from orders", Integer.class))
                    .isZero();
        });
    }

    @Test
    void theApplicationSeesItsOwnDataSourceOnly() {
        this.runner.run(context -> {
            assertThat(context.getBeansOfType(DataSource.class)).containsOnlyKeys("dataSource");
            assertThat(storeDataSource(context)).isNotSameAs(context.getBean(DataSource.class));
        });
    }

    @Test
    void ourPoolIsClosedWithTheContext() {
        HikariDataSource[] pool = new HikariDataSource[1];
        this.runner.run(context -> pool[0] = (HikariDataSource) storeDataSource(context));

        assertThat(pool[0].isClosed()).isTrue();
    }

    @Test
    void ourPoolIsClosedWhenTheContextDoesNotStart() {
        List<DataSource> pool = new ArrayList<>();
        this.runner
                .withBean(Breaks.class)
                .withBean(PoolWatcher.class, () -> new PoolWatcher(pool))
                .run(context -> assertThat(context).hasFailed());

        assertThat(pool)
                .singleElement(InstanceOfAssertFactories.type(HikariDataSource.class))
                .matches(HikariDataSource::isClosed);
    }

    @Test
    void nothingIsThereWhenSwitchedOff() {
        this.runner.withPropertyValues("resilient-kafka.enabled=false").run(context -> assertThat(context)
                .doesNotHaveBean(EventStore.class));
    }

    @Test
    @DisplayName("W4: without storing there is a warning, and no database is needed")
    void withoutStoringThereIsAWarning(CapturedOutput output) {
        this.empty
                .withPropertyValues("resilient-kafka.fallback.store-failures=off")
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .doesNotHaveBean(EventStore.class)
                            .doesNotHaveBean(FailedEvents.class);
                    assertThat(output)
                            .contains("Events that Kafka cannot take will be LOST")
                            .contains("resilient-kafka.fallback.store-failures");
                });
    }

    @Test
    void withoutADataSourceTheStartFails() {
        this.empty.run(context -> assertThat(failure(context).cure())
                .contains(
                        "spring.datasource.url",
                        "do not exclude DataSourceAutoConfiguration",
                        "resilient-kafka.fallback.store-failures=false"));
    }

    @Test
    void withoutSpringJdbcTheStartFails() {
        this.empty
                .withClassLoader(new FilteredClassLoader("org.springframework.jdbc"))
                .run(context -> assertThat(failure(context).cure()).contains("spring-boot-starter-jdbc"));
    }

    @Test
    void withoutSpringJdbcNothingIsStoredIfSoConfigured() {
        this.empty
                .withClassLoader(new FilteredClassLoader("org.springframework.jdbc"))
                .withPropertyValues("resilient-kafka.fallback.store-failures=false")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void severalDataSourcesNeedAQualifier() {
        this.empty
                .withBean("a", DataSource.class, () -> h2(this.url))
                .withBean("b", DataSource.class, () -> h2(this.url))
                .run(context -> {
                    assertThat(failure(context)).hasMessageContaining("a, b");
                    assertThat(failure(context).cure()).contains("@ResilientKafkaDataSource");
                });
    }

    @Test
    void theQualifiedDataSourceIsUsedAsItIs() {
        this.runner.withUserConfiguration(QualifiedDataSource.class).run(context -> {
            assertThat(storeDataSource(context)).isSameAs(context.getBean("events"));
            assertThat(context.getBean(DataSource.class)).isSameAs(context.getBean("dataSource"));
        });
    }

    @Test
    void twoQualifiedDataSourcesAreRefused() {
        this.runner
                .withUserConfiguration(QualifiedDataSource.class, AnotherQualifiedDataSource.class)
                .run(context ->
                        assertThat(failure(context)).hasMessageContaining("several DataSource beans are qualified"));
    }

    @Test
    void thePrimaryDataSourceIsUsed() {
        this.empty
                .withBean("a", DataSource.class, () -> h2("jdbc:h2:mem:other"))
                .withBean("b", DataSource.class, () -> h2(this.url), definition -> definition.setPrimary(true))
                .run(context -> assertThat(storeDataSource(context)).isSameAs(context.getBean("b")));
    }

    @Test
    void anotherPoolIsSharedWithAWarning(CapturedOutput output) {
        this.empty.withBean(DataSource.class, () -> h2(this.url)).run(context -> {
            context.getBean(EventStore.class).ping();
            assertThat(output).contains("shares the connections").contains("@ResilientKafkaDataSource");
        });
    }

    @Test
    void aDatabaseInMemoryLosesEventsWithTheProcessAndSaysSo(CapturedOutput output) {
        this.runner.run(context -> assertThat(output).contains("jdbc:h2:mem", "LOST"));
    }

    @Test
    void aSharedDatabaseInMemorySaysSoToo(CapturedOutput output) {
        this.empty.withBean(DataSource.class, () -> h2(this.url)).run(context -> assertThat(output)
                .contains("jdbc:h2:mem", "LOST"));
    }

    @Test
    void aDatabaseInAFileKeepsEvents(CapturedOutput output, @TempDir Path directory) {
        ApplicationContextRunner file = this.empty
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                .withPropertyValues("spring.datasource.url=jdbc:h2:file:" + directory.resolve("events"));
        FailedEvent event = EventRows.row(1, "k", Instant.now());
        file.run(context -> context.getBean(EventStore.class).save(List.of(event)));

        file.run(context -> assertThat(
                        context.getBean(FailedEvents.class).stats().pending())
                .isOne());
        assertThat(output).doesNotContain("LOST");
    }

    @Test
    void namespaceAndSchemaAreConfigurable() {
        this.runner
                .withPropertyValues("resilient-kafka.namespace=orders", "resilient-kafka.schema=Kafka_Events")
                .run(context -> {
                    context.getBean(EventStore.class).ping();
                    assertThat(query(context, "select distinct namespace from KAFKA_EVENTS.kafka_lane"))
                            .containsExactly("orders");
                });
    }

    @Test
    void withoutAnyNameThereIsAWarning(CapturedOutput output) {
        this.runner.withPropertyValues("spring.application.name=").run(context -> {
            assertThat(lanes(context)).containsOnly("application/default");
            assertThat(output).contains("resilient-kafka.namespace");
        });
    }

    @Test
    void aSchemaThatIsNotAPlainNameIsRefused() {
        this.runner
                .withPropertyValues("resilient-kafka.schema=a;drop table b")
                .run(context -> assertThat(failure(context)).hasMessageContaining("resilient-kafka.schema"));
    }

    @Test
    void retentionOfZeroDeletesAtOnce() {
        this.runner.withPropertyValues("resilient-kafka.retry.retention=0s").run(context -> assertThat(
                        context.getBean(JdbcEventStore.class).retain)
                .isFalse());
        this.runner.run(context ->
                assertThat(context.getBean(JdbcEventStore.class).retain).isTrue());
    }

    @Test
    void theApplicationsOwnStoreWins() {
        this.empty
                .withBean(EventStore.class, () -> mock(EventStore.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(StoreDataSource.class));
    }

    @Test
    void withoutMigrationMissingTablesStopTheStart() {
        this.runner.withPropertyValues("resilient-kafka.fallback.migrate=false").run(context -> {
            assertThat(failure(context).property()).isEqualTo("resilient-kafka.fallback.migrate");
            assertThat(failure(context).cure()).contains("classpath:io/github/resilientkafka/schema/h2/");
        });
    }

    @Test
    void withoutMigrationTablesThatAreThereAreUsed() {
        this.runner.run(created -> this.runner
                .withPropertyValues("resilient-kafka.fallback.migrate=false")
                .run(context -> assertThat(context).hasNotFailed()));
    }

    @Test
    void theTablesComeAfterTheApplicationsMigrationsAndBeforeWhatNeedsThem() {
        this.runner
                .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues(
                        "spring.flyway.locations=classpath:does/not/matter",
                        "spring.flyway.fail-on-missing-locations=false")
                .withBean(NeedsTables.class)
                .run(context -> {
                    assertThat(context.getBean(NeedsTables.class).tables)
                            .contains("FLYWAY_SCHEMA_HISTORY", "KAFKA_LANE");
                    String[] first = context.getBeanFactory()
                            .getBeanDefinition("resilientKafkaSchemaInitializer")
                            .getDependsOn();
                    assertThat(first).contains("flywayInitializer");
                    assertThat(context.getBeansOfType(Flyway.class)).containsOnlyKeys("flyway");
                });
    }

    private static ConfigurationException failure(AssertableApplicationContext context) {
        assertThat(context).hasFailed();
        Throwable cause = context.getStartupFailure();
        while (!(cause instanceof ConfigurationException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        assertThat(cause).isInstanceOf(ConfigurationException.class);
        return (ConfigurationException) cause;
    }

    private static DataSource storeDataSource(AssertableApplicationContext context) {
        return context.getBean(StoreDataSource.class).dataSource();
    }

    private static List<String> lanes(AssertableApplicationContext context) throws Exception {
        return query(context, "select namespace || '/' || channel from kafka_lane");
    }

    private static List<String> query(AssertableApplicationContext context, String sql) throws Exception {
        return new JdbcTemplate(context.getBean(DataSource.class)).queryForList(sql, String.class);
    }

    private static DataSource h2(String url) {
        return new SimpleDriverDataSource(new org.h2.Driver(), url + ";DB_CLOSE_DELAY=-1");
    }

    @Configuration(proxyBeanMethods = false)
    static class QualifiedDataSource {

        @Bean(defaultCandidate = false)
        @ResilientKafkaDataSource
        DataSource events() {
            return h2("jdbc:h2:mem:" + UUID.randomUUID());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class AnotherQualifiedDataSource {

        @Bean(defaultCandidate = false)
        @ResilientKafkaDataSource
        DataSource moreEvents() {
            return h2("jdbc:h2:mem:" + UUID.randomUUID());
        }
    }

    /** Stands for JPA: looks at the tables as soon as the database is initialised. */
    @DependsOnDatabaseInitialization
    static class NeedsTables implements InitializingBean {

        private final DataSource dataSource;

        private final List<String> tables = new ArrayList<>();

        NeedsTables(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        @Override
        public void afterPropertiesSet() throws Exception {
            try (Connection connection = this.dataSource.getConnection();
                    ResultSet tables = connection.getMetaData().getTables(null, "PUBLIC", null, null)) {
                while (tables.next()) {
                    this.tables.add(tables.getString("TABLE_NAME").toUpperCase(java.util.Locale.ROOT));
                }
            }
        }
    }

    /** Cannot be created, though the store can. */
    static class Breaks {

        Breaks(EventStore store) {
            throw new IllegalStateException("refresh fails");
        }
    }

    /** Remembers the pool although the context never comes up. */
    static class PoolWatcher implements org.springframework.beans.factory.config.BeanPostProcessor {

        private final List<DataSource> seen;

        PoolWatcher(List<DataSource> seen) {
            this.seen = seen;
        }

        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            if (bean instanceof StoreDataSource source) {
                this.seen.add(source.dataSource());
            }
            return bean;
        }
    }
}
