package io.github.resilientkafka.guest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.publisher.EventPublisher;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaOperations;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.transaction.TransactionManager;

/**
 * The starter as a guest in other people's applications: what it leaves alone, what it respects, and what it says when it
 * cannot. Guests that need a broker are tried in the integration tests.
 * <p>
 * In a package of its own, as an application is: Spring Boot scans that package and those below it.
 */
class KafkaGuestTests {

    private static final String OURS = "io.github.resilientkafka.";

    /** Is on this class path, beside that of Spring Boot 3, to be compiled against. */
    private static final String BOOT_4_HEALTH =
            ImportCandidates.load(AutoConfiguration.class, KafkaGuestTests.class.getClassLoader())
                    .getCandidates()
                    .stream()
                    .filter(name -> name.startsWith("org.springframework.boot.health."))
                    .collect(Collectors.joining(","));

    private ConfigurableApplicationContext started;

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withInitializer(context -> this.started = context)
            .withUserConfiguration(Application.class)
            .withPropertyValues(
                    "spring.application.name=guest",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "spring.datasource.url=jdbc:h2:mem:guest;DB_CLOSE_DELAY=-1",
                    // The application's package contains ours, repositories included.
                    "spring.data.jpa.repositories.enabled=false",
                    "spring.autoconfigure.exclude=" + BOOT_4_HEALTH);

    @Test
    @DisplayName("DESIGN §2.7: every bean of the application and of Spring Boot is the same with us and without us")
    void nothingIsReplaced() {
        AtomicReference<Map<String, Class<?>>> without = new AtomicReference<>();
        this.application
                .withPropertyValues("resilient-kafka.enabled=false")
                .run(context -> without.set(beansOfOthers(context)));
        assertThat(without.get()).containsKeys("kafkaTemplate", "kafkaProducerFactory", "taskScheduler", "dataSource");

        this.application.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(EventPublisher.class);
            assertThat(context).hasBean("persistenceManagedTypes");
            // Ours stands in for it, with all it has and our entity: DESIGN §5, tried with JPA's guests.
            without.get().remove("persistenceManagedTypes");
            assertThat(beansOfOthers(context)).containsExactlyInAnyOrderEntriesOf(without.get());
        });
    }

    @Test
    @DisplayName("DESIGN §6, §8: none of our beans is of a type that others look up as the only one")
    void noBeanOfOursCanBeTakenForTheApplications() {
        List<Class<?>> lookedUp = List.of(
                KafkaOperations.class,
                ProducerFactory.class,
                CommonErrorHandler.class,
                RecordInterceptor.class,
                ConsumerAwareRebalanceListener.class,
                ContainerCustomizer.class,
                TaskScheduler.class,
                Executor.class,
                Clock.class,
                DataSource.class,
                TransactionManager.class,
                Flyway.class,
                MeterRegistry.class,
                CircuitBreakerRegistry.class);
        this.application.run(context -> assertThat(beansOfOurs(context).values())
                .isNotEmpty()
                .noneMatch(ours -> lookedUp.stream().anyMatch(type -> type.isAssignableFrom(ours))));
    }

    @Test
    @DisplayName("enabled=false: no bean and no thread of ours")
    void disabled() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        this.application.withPropertyValues("resilient-kafka.enabled=false").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(beansOfOurs(context)).isEmpty();
            assertThat(threadsSince(before)).isEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(classes = {NeedsPublisher.class, NeedsRetryService.class})
    @DisplayName("enabled=false: whoever injects a bean of ours is told which property, and what to do")
    void disabledButNeeded(Class<?> bean) {
        this.application
                .withUserConfiguration(bean)
                .withPropertyValues("resilient-kafka.enabled=false")
                .run(context -> {
                    FailureAnalysis analysis = firstAnalysis(context.getStartupFailure());
                    assertThat(analysis.getDescription())
                            .contains("Parameter 0 of constructor in")
                            .contains(bean.getSimpleName())
                            .contains("resilient-kafka.enabled is false");
                    assertThat(analysis.getAction())
                            .contains("Set resilient-kafka.enabled=true")
                            .contains("ObjectProvider<");
                });
    }

    @Test
    void aMissingBeanOfOursIsNotBlamedOnTheSwitchWhileItIsOn() {
        this.application
                .withUserConfiguration(NeedsRetryService.class)
                .withPropertyValues("resilient-kafka.fallback.store-failures=false")
                .run(context -> assertThat(
                                firstAnalysis(context.getStartupFailure()).getDescription())
                        .contains("FailedEventRetryService")
                        .doesNotContain("switched off"));
    }

    @Test
    @DisplayName(
            "W11: from a publisher of the application's own everything backs off: no thread, no table, no database")
    void ownPublisher() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        EventPublisher own = mock(EventPublisher.class);
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
                .withBean("mine", EventPublisher.class, () -> own)
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(FailedEventRetryService.class);
                    assertThat(context.getBean(EventPublisher.class)).isSameAs(own);
                    Map<String, Class<?>> ours = beansOfOurs(context);
                    ours.remove("mine");
                    assertThat(packagesOf(ours))
                            .as("only health, metrics and endpoint show what that publisher says of itself")
                            .containsOnly(OURS + "actuate");
                    assertThat(threadsSince(before)).isEmpty();
                });
    }

    @ParameterizedTest
    @CsvSource({
        "interceptor.classes, OutgoingEvent.withHeader",
        "partitioner.class, OutgoingEvent.withPartition",
    })
    @DisplayName("DESIGN §8: an interceptor or partitioner that expects objects fails the start with property and cure")
    void objectPlugins(String setting, String instead) {
        String property = "spring.kafka.producer.properties." + setting;
        this.application.withPropertyValues(property + "=com.example.Mine").run(context -> {
            FailureAnalysis analysis = firstAnalysis(context.getStartupFailure());
            assertThat(analysis.getDescription()).contains(property).contains("com.example.Mine");
            assertThat(analysis.getAction())
                    .contains("Set resilient-kafka.publisher.properties." + setting)
                    .contains(instead);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"interceptor.classes", "partitioner.class"})
    @DisplayName("DESIGN §8: the cure helps: set to nothing for the publisher, the application starts")
    void objectPluginsCured(String setting) {
        this.application
                .withPropertyValues(
                        "spring.kafka.producer.properties." + setting + "=com.example.Mine",
                        "resilient-kafka.publisher.properties." + setting + "=")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(EventPublisher.class));
    }

    @Test
    void ofSeveralProducerFactoriesThePropertyNamesOurs() {
        this.application
                .withUserConfiguration(TwoFactories.class)
                .withPropertyValues("resilient-kafka.publisher.producer-factory=two")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(EventPublisher.class));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resilient-kafka.publisher.mode=direct|none is @Primary|resilient-kafka.publisher.producer-factory",
                "resilient-kafka.publisher.producer-factory=three|no ProducerFactory bean named 'three', only [one, two]|name of one of them",
            })
    void withoutAClearWordAmongSeveralProducerFactoriesTheStartFails(String setting, String problem, String cure) {
        this.application
                .withUserConfiguration(TwoFactories.class)
                .withPropertyValues(setting)
                .run(context -> {
                    FailureAnalysis analysis = firstAnalysis(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains(problem);
                    assertThat(analysis.getAction()).contains(cure);
                });
    }

    @Test
    void aProducerFactoryThatDoesNotTellItsSettingsFailsTheStart() {
        this.application
                .withBean(ProducerFactory.class, () -> () -> {
                    throw new IllegalStateException("never asked");
                })
                .run(context -> assertThat(
                                firstAnalysis(context.getStartupFailure()).getAction())
                        .contains("spring.kafka.bootstrap-servers")
                        .contains("getConfigurationProperties()")
                        .contains("resilient-kafka.publisher.producer-factory"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.actuate",
                "io.micrometer.core",
                "io.micrometer.tracing",
                "org.flywaydb",
                "io.github.resilience4j.spring6"
            })
    @DisplayName("DESIGN §8: optional neighbours may be missing (on a class path without them: GuestApplicationTests)")
    void anOptionalNeighbourMayBeMissing(String absent) {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(KafkaAutoConfiguration.class, DataSourceAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
                .withPropertyValues(
                        "spring.application.name=guest",
                        "spring.kafka.bootstrap-servers=127.0.0.1:1",
                        "spring.datasource.url=jdbc:h2:mem:neighbours;DB_CLOSE_DELAY=-1")
                .withClassLoader(new FilteredClassLoader(absent, "org.springframework.boot.health"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(EventPublisher.class)
                        .hasSingleBean(FailedEventRetryService.class));
    }

    @Test
    void aCircuitBreakerRegistryOfTheApplicationsOwnHoldsOurCircuitAsItWantsIt() {
        CircuitBreakerRegistry own = CircuitBreakerRegistry.of(Map.of(
                "kafka-publisher",
                CircuitBreakerConfig.custom().slidingWindowSize(7).build()));
        this.application.withBean(CircuitBreakerRegistry.class, () -> own).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(own.find("kafka-publisher")).hasValueSatisfying(circuit -> assertThat(
                            circuit.getCircuitBreakerConfig().getSlidingWindowSize())
                    .isEqualTo(7));
        });
    }

    @Test
    void circuitBreakersOfTheApplicationsOwnKeepTheirSettings() {
        this.application
                .withPropertyValues("resilience4j.circuitbreaker.instances.mine.failure-rate-threshold=30")
                .run(context -> {
                    CircuitBreakerRegistry registry = context.getBean(CircuitBreakerRegistry.class);
                    CircuitBreakerConfig untouched = CircuitBreakerConfig.ofDefaults();
                    assertThat(registry.getDefaultConfig().getSlidingWindowSize())
                            .isEqualTo(untouched.getSlidingWindowSize());
                    assertThat(registry.find("mine")).hasValueSatisfying(mine -> {
                        CircuitBreakerConfig config = mine.getCircuitBreakerConfig();
                        assertThat(config.getFailureRateThreshold()).isEqualTo(30);
                        assertThat(config.getSlidingWindowSize()).isEqualTo(untouched.getSlidingWindowSize());
                        assertThat(config.getMinimumNumberOfCalls()).isEqualTo(untouched.getMinimumNumberOfCalls());
                    });
                });
    }

    @Test
    void aMeterRegistryOfTheApplicationsOwnGetsOurMeters() {
        SimpleMeterRegistry own = new SimpleMeterRegistry();
        this.application.withBean("own", MeterRegistry.class, () -> own).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(own.find("kafka.events.published").counters()).isNotEmpty();
        });
    }

    @Test
    void severalMeterRegistriesWithoutAPrimaryOneDoNotKeepTheApplicationFromStarting() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
                .withPropertyValues(
                        "spring.application.name=guest",
                        "spring.kafka.bootstrap-servers=127.0.0.1:1",
                        "resilient-kafka.fallback.store-failures=false")
                .withBean("one", MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean("two", MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(EventPublisher.class));
    }

    @Test
    void aTaskSchedulerOfTheApplicationsOwnStaysTheOnlyOne() {
        this.application.withUserConfiguration(OwnScheduler.class).run(context -> assertThat(
                        context.getBeansOfType(TaskScheduler.class))
                .containsOnlyKeys("mine"));
    }

    private static Map<String, Class<?>> beansOfOthers(ApplicationContext context) {
        return beans(context).entrySet().stream()
                .filter(bean -> !isOurs(bean.getKey(), bean.getValue()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, Class<?>> beansOfOurs(ApplicationContext context) {
        return beans(context).entrySet().stream()
                .filter(bean -> isOurs(bean.getKey(), bean.getValue()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Set<String> packagesOf(Map<String, Class<?>> beans) {
        return beans.values().stream().map(Class::getPackageName).collect(Collectors.toSet());
    }

    /** This test's own configuration classes live in our packages, too. */
    private static boolean isOurs(String name, Class<?> type) {
        return type.getName().startsWith(OURS) && !type.getName().contains("GuestTests")
                || name.startsWith("resilientKafka");
    }

    private static Map<String, Class<?>> beans(ApplicationContext context) {
        return Arrays.stream(context.getBeanDefinitionNames())
                .collect(Collectors.toMap(
                        name -> name, name -> Objects.requireNonNull(context.getType(name)), (one, other) -> one));
    }

    private static List<String> threadsSince(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.contains("resilient-kafka") || name.contains("kafka-admin-client"))
                .toList();
    }

    /** As Spring Boot does it: all analyzers in their order. */
    private FailureAnalysis firstAnalysis(Throwable failure) {
        assertThat(failure).as("the start fails").isNotNull();
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(Environment.class, this.started.getEnvironment())
                                .and(BeanFactory.class, this.started.getBeanFactory()),
                        FailureHandler.handleMessage((message, error) -> {}))
                .stream()
                .map(analyzer -> analysis(analyzer, failure))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    private static FailureAnalysis analysis(FailureAnalyzer analyzer, Throwable failure) {
        try {
            return analyzer.analyze(failure);
        } catch (NoClassDefFoundError ex) {
            return null;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableScheduling
    static class Application {}

    @Configuration(proxyBeanMethods = false)
    static class NeedsPublisher {

        NeedsPublisher(EventPublisher publisher) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class NeedsRetryService {

        NeedsRetryService(FailedEventRetryService service) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnScheduler {

        @Bean
        ThreadPoolTaskScheduler mine() {
            return new ThreadPoolTaskScheduler();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoFactories {

        @Bean
        ProducerFactory<?, ?> one() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:2"));
        }

        @Bean
        ProducerFactory<?, ?> two() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:3"));
        }

        @Bean
        KafkaTemplate<?, ?> template() {
            return new KafkaTemplate<>(one());
        }
    }
}
