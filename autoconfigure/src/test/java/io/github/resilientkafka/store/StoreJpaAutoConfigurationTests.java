package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.guest.Guest;
import io.github.resilientkafka.guest.GuestRepository;
import io.github.resilientkafka.message.FailureKind;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.hibernate.SessionFactory;
import org.hibernate.boot.model.naming.Identifier;
import org.hibernate.boot.model.naming.PhysicalNamingStrategyStandardImpl;
import org.hibernate.boot.model.relational.Namespace;
import org.hibernate.boot.model.relational.Sequence;
import org.hibernate.engine.jdbc.env.spi.JdbcEnvironment;
import org.hibernate.mapping.Table;
import org.hibernate.tool.schema.spi.SchemaFilter;
import org.hibernate.tool.schema.spi.SchemaFilterProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration;
import org.springframework.boot.autoconfigure.domain.EntityScan;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.transaction.TransactionAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Slice;
import org.springframework.data.domain.Sort;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class StoreJpaAutoConfigurationTests {

    private static final String URL = "spring.datasource.url=jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    StoreAutoConfiguration.class,
                    StoreJpaAutoConfiguration.class,
                    DataSourceAutoConfiguration.class,
                    DataSourceTransactionManagerAutoConfiguration.class,
                    TransactionAutoConfiguration.class,
                    HibernateJpaAutoConfiguration.class,
                    JpaRepositoriesAutoConfiguration.class))
            .withPropertyValues("spring.application.name=shop", URL.formatted(UUID.randomUUID()));

    private final ApplicationContextRunner guest = this.runner.withUserConfiguration(GuestPackage.class);

    @Test
    void aStoredEventIsFoundWithAllItsColumns() {
        this.guest.run(context -> {
            FailedEvent event = event("orders", "4711");
            context.getBean(EventStore.class).save(List.of(event));

            FailedKafkaEvent found =
                    repository(context).findByEventId(event.eventId()).get(0);
            assertThat(found.getRowId()).isEqualTo(event.rowId());
            assertThat(found.getEventId()).isEqualTo(event.eventId());
            assertThat(found.getNamespace()).isEqualTo("shop");
            assertThat(found.getChannel()).isEqualTo("default");
            assertThat(found.getLane()).isEqualTo(7);
            assertThat(found.getTopic()).isEqualTo("orders");
            assertThat(found.getPartitionNo()).isEqualTo(3);
            assertThat(found.getRecordTimestamp()).isEqualTo(1_700_000_000_123L);
            assertThat(found.getRecordKey()).asString(StandardCharsets.UTF_8).isEqualTo("4711");
            assertThat(found.getKeyText()).isEqualTo("4711");
            assertThat(found.getPayload()).asString(StandardCharsets.UTF_8).isEqualTo("payload");
            assertThat(found.getHeaders()).isEqualTo("[[\"ce_id\",\"1\"]]");
            assertThat(found.getEventType()).isEqualTo("Placed");
            assertThat(found.getStatus()).isEqualTo(EventStatus.PENDING);
            assertThat(found.getFailureKind()).isEqualTo(FailureKind.OUTAGE);
            assertThat(found.getAttempts()).isZero();
            assertThat(found.getNextAttemptAt()).isEqualTo(event.nextAttemptAt());
            assertThat(found.getErrorType()).isEqualTo("java.net.ConnectException");
            assertThat(found.getErrorMessage()).isEqualTo("it failed");
            assertThat(found.getCreatedAt()).isEqualTo(event.createdAt());
            assertThat(found.getUpdatedAt()).isNotNull();
            assertThat(found.getResolvedAt()).isNull();
            assertThat(found).asString().contains("orders", "PENDING").doesNotContain("payload");
            assertThat(repository(context).findById(found.getId())).get().isNotSameAs(found);
        });
    }

    @Test
    void theRepositoryIsAProxyThatANativeImageKnows() {
        RuntimeHints hints = new RuntimeHints();
        new FailedKafkaEventRuntimeHints().registerHints(hints, null);

        this.guest.run(context -> {
            Class<?>[] interfaces = repository(context).getClass().getInterfaces();
            assertThat(RuntimeHintsPredicates.proxies().forInterfaces(interfaces))
                    .as(Arrays.toString(interfaces))
                    .accepts(hints);
        });
    }

    @Test
    void rowsAreFoundInPagesAndCounted() {
        this.guest.run(context -> {
            context.getBean(EventStore.class)
                    .save(List.of(event("orders", "a"), event("orders", "b"), event("invoices", "a")));
            FailedKafkaEventRepository repository = repository(context);
            PageRequest first = PageRequest.of(0, 1, Sort.by("id").descending());

            Slice<FailedKafkaEvent> page = repository.findByStatusAndTopic(EventStatus.PENDING, "orders", first);
            assertThat(page.getContent())
                    .extracting(FailedKafkaEvent::getKeyText)
                    .containsExactly("b");
            assertThat(page.hasNext()).isTrue();
            assertThat(repository.findByStatus(EventStatus.DLQ, first)).isEmpty();
            assertThat(repository.findByTopicAndKeyText("invoices", "a", first)).hasSize(1);
            assertThat(repository.countByStatus(EventStatus.PENDING)).isEqualTo(3);
            assertThat(repository.countByStatusAndTopic(EventStatus.PENDING, "orders"))
                    .isEqualTo(2);
        });
    }

    @Test
    void theRelayOwnsTheRows() {
        this.guest.run(context -> {
            context.getBean(EventStore.class).save(List.of(event("orders", "a")));
            TransactionTemplate transaction =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            EntityManager entities = context.getBean(EntityManager.class);

            for (boolean remove : new boolean[] {true, false}) {
                assertThatExceptionOfType(UnsupportedOperationException.class)
                        .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                            if (remove) {
                                entities.remove(entities.createQuery("from FailedKafkaEvent", FailedKafkaEvent.class)
                                        .getSingleResult());
                            } else {
                                entities.persist(new FailedKafkaEvent());
                            }
                        }))
                        .withMessageContaining("FailedEventRetryService");
            }
            assertThat(repository(context).countByStatus(EventStatus.PENDING)).isEqualTo(1);
        });
    }

    @Test
    void theApplicationsEntitiesAndRepositoriesAreFoundAsBefore() {
        this.guest.run(context -> assertThatBothWork(context));
    }

    @Test
    void theApplicationsOwnScansAreRespected() {
        this.runner.withUserConfiguration(OwnScans.class).run(context -> assertThatBothWork(context));
    }

    @ParameterizedTest
    @ValueSource(classes = {ScansOurs.class, ContainsOurs.class})
    void anEntityThatTheApplicationScansItselfIsThereOnce(Class<?> application) {
        this.runner.withUserConfiguration(application).run(context -> {
            assertThat(context).hasSingleBean(FailedKafkaEventRepository.class);
            assertThatBothWork(context);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "events"})
    void namingStrategyDefaultSchemaAndConvertersDoNotApply(String schema) {
        this.guest
                .withPropertyValues(
                        "spring.datasource.hikari.connection-init-sql=create schema if not exists shop",
                        "spring.jpa.properties.hibernate.default_schema=SHOP",
                        "spring.jpa.hibernate.naming.physical-strategy=" + Shouting.class.getName(),
                        "spring.jpa.properties.hibernate.globally_quoted_identifiers=true",
                        "spring.jpa.properties.hibernate.type.preferred_uuid_jdbc_type=CHAR",
                        "spring.jpa.properties.hibernate.type.preferred_instant_jdbc_type=TIMESTAMP",
                        "spring.jpa.properties.hibernate.jdbc.time_zone=Asia/Tokyo",
                        "spring.jpa.properties.jakarta.persistence.sharedCache.mode=ALL",
                        "resilient-kafka.schema=" + schema)
                .run(context -> {
                    assertThatBothWork(context);
                    FailedKafkaEvent found = repository(context)
                            .findByStatus(EventStatus.PENDING, PageRequest.of(0, 1))
                            .getContent()
                            .get(0);
                    assertThat(found.getTopic()).isEqualTo("orders");
                    assertThat(found.getCreatedAt()).isEqualTo(Instant.parse("2026-03-01T12:00:00.123456Z"));
                });
    }

    @Test
    void hibernateLeavesOurTablesAlone() {
        this.guest.run(context -> {
            context.getBean(EventStore.class).save(List.of(event("orders", "a")));
            for (String ddl : List.of("create", "update", "validate", "create-drop")) {
                this.guest
                        .withPropertyValues("spring.jpa.hibernate.ddl-auto=" + ddl)
                        .run(second -> {
                            assertThat(second).hasNotFailed();
                            second.getBean(GuestRepository.class).save(new Guest("Ann"));
                            assertThat(repository(second).countByStatus(EventStatus.PENDING))
                                    .as(ddl)
                                    .isEqualTo(1);
                        });
                assertThat(repository(context).countByStatus(EventStatus.PENDING))
                        .as("after " + ddl)
                        .isEqualTo(1);
            }
        });
    }

    @Test
    void truncatingMappedTablesSparesOurs() {
        this.guest.run(context -> {
            context.getBean(EventStore.class).save(List.of(event("orders", "a")));
            context.getBean(GuestRepository.class).save(new Guest("Ann"));

            context.getBean(EntityManagerFactory.class)
                    .unwrap(SessionFactory.class)
                    .getSchemaManager()
                    .truncateMappedObjects();

            assertThat(context.getBean(GuestRepository.class).count()).isZero();
            assertThat(repository(context).countByStatus(EventStatus.PENDING)).isEqualTo(1);
        });
    }

    @Test
    void theApplicationsOwnSchemaFilterGoesOnWorking() {
        this.guest
                .withPropertyValues("spring.jpa.properties.hibernate.hbm2ddl.schema_filter_provider="
                        + NothingAtAll.class.getName())
                .run(context -> {
                    assertThat(repository(context).countByStatus(EventStatus.PENDING))
                            .isZero();
                    assertThatExceptionOfType(RuntimeException.class)
                            .isThrownBy(
                                    () -> context.getBean(GuestRepository.class).count())
                            .withStackTraceContaining("GUEST");
                });
    }

    @Test
    void dataScriptsMayComeAfterJpa() {
        this.guest
                .withPropertyValues("spring.jpa.defer-datasource-initialization=true")
                .run(context -> assertThatBothWork(context));
    }

    @Test
    void repositoriesMayBeStartedInTheBackground() {
        this.guest
                .withConfiguration(AutoConfigurations.of(TaskExecutionAutoConfiguration.class))
                .withPropertyValues("spring.data.jpa.repositories.bootstrap-mode=deferred")
                .run(context -> assertThatBothWork(context));
    }

    @Test
    void ofSeveralPersistenceUnitsThePrimaryOneKnowsTheEntity() {
        this.guest.withUserConfiguration(SecondUnit.class).run(context -> {
            assertThatBothWork(context);
            assertThat(knowsOurs(context.getBean("secondFactory", EntityManagerFactory.class)))
                    .isFalse();
        });
    }

    @Test
    void aPersistenceUnitOfTheApplicationsOwnIsLeftAlone() {
        this.guest.withUserConfiguration(OwnUnit.class).run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(FailedKafkaEventRepository.class);
            assertThat(knowsOurs(context.getBean(EntityManagerFactory.class))).isFalse();
            context.getBean(EventStore.class).ping();
        });
    }

    @Test
    void eventsInAnotherDatabaseAreNotLookedForInTheMainOne() {
        this.guest.withUserConfiguration(EventsElsewhere.class).run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(FailedKafkaEventRepository.class);
            assertThat(knowsOurs(context.getBean(EntityManagerFactory.class))).isFalse();
            assertThat(context.getBean(GuestRepository.class).count()).isZero();
        });
    }

    @Test
    void aQualifierOnTheMainDataSourceChangesNothing() {
        this.guest
                .withUserConfiguration(EventsInTheMainOne.class)
                .run(StoreJpaAutoConfigurationTests::assertThatBothWork);
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.hibernate", "org.springframework.orm", "jakarta.persistence"})
    void withoutJpaThereIsNoRepository(String missing) {
        this.runner
                .withPropertyValues("spring.data.jpa.repositories.enabled=false")
                .withClassLoader(new FilteredClassLoader(missing))
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean("resilientKafkaFailedEventRepository");
                    context.getBean(EventStore.class).ping();
                });
    }

    @Test
    void withoutSpringDataOurTablesAreStillGuarded() {
        this.runner
                .withUserConfiguration(GuestPackage.class)
                .withClassLoader(new FilteredClassLoader("org.springframework.data"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean("resilientKafkaFailedEventRepository")
                        .hasSingleBean(EventTablesGuard.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"resilient-kafka.enabled=false", "resilient-kafka.fallback.store-failures=false"})
    void withoutAStoreJpaIsAsItWasBefore(String property) {
        this.guest.withPropertyValues(property).run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(FailedKafkaEventRepository.class)
                    .doesNotHaveBean(EventTablesGuard.class);
            assertThat(knowsOurs(context.getBean(EntityManagerFactory.class))).isFalse();
        });
    }

    private static void assertThatBothWork(AssertableApplicationContext context) {
        assertThat(context).hasNotFailed();
        context.getBean(GuestRepository.class).save(new Guest("Ann"));
        assertThat(context.getBean(GuestRepository.class).count()).isEqualTo(1);
        context.getBean(EventStore.class).save(List.of(event("orders", "a")));
        assertThat(repository(context).countByStatus(EventStatus.PENDING)).isEqualTo(1);
    }

    private static FailedKafkaEventRepository repository(ApplicationContext context) {
        return context.getBean(FailedKafkaEventRepository.class);
    }

    private static boolean knowsOurs(EntityManagerFactory factory) {
        return factory.getMetamodel().getEntities().stream()
                .anyMatch(entity -> entity.getJavaType() == FailedKafkaEvent.class);
    }

    private static FailedEvent event(String topic, String key) {
        Instant now = Instant.parse("2026-03-01T12:00:00.123456Z");
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] payload = "payload".getBytes(StandardCharsets.UTF_8);
        return EventRows.row(7, topic, key, bytes, payload, "[[\"ce_id\",\"1\"]]", "Placed", "it failed", now);
    }

    private static DataSource anotherDatabase() {
        return DataSourceBuilder.create()
                .url("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1")
                .build();
    }

    private static LocalContainerEntityManagerFactoryBean unit(DataSource dataSource) {
        LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
        factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        factory.setDataSource(dataSource);
        factory.setPackagesToScan(Guest.class.getPackageName());
        factory.setJpaPropertyMap(Map.of("hibernate.hbm2ddl.auto", "create"));
        return factory;
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Guest.class)
    static class GuestPackage {}

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Guest.class)
    @EnableJpaRepositories(basePackageClasses = GuestRepository.class)
    static class OwnScans {}

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = {Guest.class, FailedKafkaEvent.class})
    @EnableJpaRepositories(basePackageClasses = {GuestRepository.class, FailedKafkaEventRepository.class})
    static class ScansOurs {}

    /** Its package contains ours. */
    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackages = "io.github.resilientkafka")
    static class ContainsOurs {}

    @Configuration(proxyBeanMethods = false)
    static class SecondUnit {

        @Bean(defaultCandidate = false)
        DataSource second() {
            return anotherDatabase();
        }

        @Bean(defaultCandidate = false)
        LocalContainerEntityManagerFactoryBean secondFactory() {
            return unit(second());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnUnit {

        @Bean
        LocalContainerEntityManagerFactoryBean entityManagerFactory(DataSource dataSource) {
            return unit(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class EventsElsewhere {

        @Bean(defaultCandidate = false)
        @ResilientKafkaDataSource
        DataSource events() {
            return anotherDatabase();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class EventsInTheMainOne {

        @Bean
        @Primary
        @ResilientKafkaDataSource
        DataSource main() {
            return anotherDatabase();
        }

        @Bean
        DataSource reports() {
            return anotherDatabase();
        }
    }

    /** Upper case, and a prefix besides. */
    public static class Shouting extends PhysicalNamingStrategyStandardImpl {

        @Override
        public Identifier toPhysicalTableName(Identifier name, JdbcEnvironment environment) {
            return shout(name);
        }

        @Override
        public Identifier toPhysicalColumnName(Identifier name, JdbcEnvironment environment) {
            return shout(name);
        }

        private static Identifier shout(Identifier name) {
            return Identifier.toIdentifier("X_" + name.getText().toUpperCase(java.util.Locale.ROOT), name.isQuoted());
        }
    }

    /** Leaves no table to Hibernate. */
    public static class NothingAtAll implements SchemaFilterProvider, SchemaFilter {

        @Override
        public SchemaFilter getCreateFilter() {
            return this;
        }

        @Override
        public SchemaFilter getDropFilter() {
            return this;
        }

        @Override
        public SchemaFilter getTruncatorFilter() {
            return this;
        }

        @Override
        public SchemaFilter getMigrateFilter() {
            return this;
        }

        @Override
        public SchemaFilter getValidateFilter() {
            return this;
        }

        @Override
        public boolean includeNamespace(Namespace namespace) {
            return true;
        }

        @Override
        public boolean includeTable(Table table) {
            return false;
        }

        @Override
        public boolean includeSequence(Sequence sequence) {
            return true;
        }
    }
}
