package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.springboot3.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration;
import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.store.RetryProperties;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;

@ExtendWith(OutputCaptureExtension.class)
class PublisherAutoConfigurationTests {

    private static final long SLOW = TimeUnit.SECONDS.toNanos(10);

    private final ApplicationContextRunner withoutDatabase = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withPropertyValues("spring.application.name=test", "spring.kafka.bootstrap-servers=127.0.0.1:1");

    private final ApplicationContextRunner runner = this.withoutDatabase
            .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
            .withPropertyValues("spring.datasource.url=jdbc:h2:mem:publisher;DB_CLOSE_DELAY=-1");

    @Test
    void thePublisherAndTheRelayAreThereWithKafkaAndADatabase() {
        this.runner.run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(EventPublisher.class)
                    .hasSingleBean(FailedEventRetryService.class);
            assertThat(context.getBean(RetryProperties.class).backoff())
                    .extracting(Duration::toMinutes)
                    .containsExactly(1L, 5L, 15L, 60L);
        });
    }

    @Test
    @DisplayName("H14: resilient-kafka.enabled=false leaves no bean behind")
    void disabled() {
        this.runner.withPropertyValues("resilient-kafka.enabled=false").run(context -> assertThat(
                        context.getBeanDefinitionNames())
                .noneMatch(name -> name.startsWith("resilientKafka") || name.contains("resilientkafka")));
    }

    @Test
    void backsOffFromAPublisherOfTheApplicationsOwn() {
        this.runner
                .withBean("mine", EventPublisher.class, () -> org.mockito.Mockito.mock(EventPublisher.class))
                .run(context ->
                        assertThat(context).hasSingleBean(EventPublisher.class).hasBean("mine"));
    }

    @Test
    @DisplayName("W8: an observer of the application's own is told, and our metrics go on")
    void severalObservers() {
        AtomicInteger told = new AtomicInteger();
        this.runner
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(PublisherObserver.class, () -> new PublisherObserver() {
                    @Override
                    public void notSerialized() {
                        told.incrementAndGet();
                    }
                })
                .run(context -> {
                    EventPublisher publisher = context.getBean(EventPublisher.class);
                    assertThatThrownBy(() -> publisher.publish("topic", "key", new Object()))
                            .isInstanceOf(EventSerializationException.class);
                    assertThat(told).hasValue(1);
                    assertThat(context.getBean(MeterRegistry.class)
                                    .get("kafka.publish.errors")
                                    .tag("type", "serialization")
                                    .counter()
                                    .count())
                            .isOne();
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resilient-kafka.retry.backoff=1m,-5m|resilient-kafka.retry.backoff",
                "resilient-kafka.retry.max-attempts=0|resilient-kafka.retry.max-attempts",
                "resilient-kafka.retry.interval=0s|resilient-kafka.retry.interval",
                "resilient-kafka.retry.batch-size=0|resilient-kafka.retry.batch-size",
                "resilient-kafka.retry.concurrency=0|resilient-kafka.retry.concurrency",
                "resilient-kafka.retry.lease=10ms|resilient-kafka.retry.lease",
                "resilient-kafka.retry.retention=-1s|resilient-kafka.retry.retention",
                "resilient-kafka.publisher.timeout=0s|resilient-kafka.publisher.timeout",
                "resilient-kafka.publisher.stall-timeout=-1s|resilient-kafka.publisher.stall-timeout",
                "resilient-kafka.publisher.max-queue-bytes=10B|resilient-kafka.publisher.max-queue-bytes",
                "resilient-kafka.publisher.default-topic=a b|resilient-kafka.publisher.default-topic",
                "resilient-kafka.publisher.mode=outbox|resilient-kafka.publisher.mode",
                "resilient-kafka.fallback.batch-size=0|resilient-kafka.fallback.batch-size",
                "resilient-kafka.dlq.suffix=|resilient-kafka.dlq.suffix",
                "resilient-kafka.dlq.suffix=dead letters|resilient-kafka.dlq.suffix",
                "resilient-kafka.dlq.topic=dead letters|resilient-kafka.dlq.topic"
            })
    @DisplayName("a value that cannot work fails the start with the property and the cure")
    void badValue(String setting, String property) {
        this.runner.withPropertyValues(setting).run(failsNaming(property, "Set " + property));
    }

    @Test
    @DisplayName("W3: an empty name of the one dead-letter topic is none: each topic has its own")
    void emptyDeadLetterTopic() {
        this.runner
                .withPropertyValues("resilient-kafka.dlq.topic=${NOT_SET_ANYWHERE:}")
                .run(context -> assertThat(context.getBean(DeadLetters.class)).satisfies(deadLetters -> {
                    assertThat(deadLetters.topicFor("orders")).isEqualTo("orders.dlq");
                    assertThat(deadLetters.isShared()).isFalse();
                }));
    }

    @Test
    @DisplayName("H14: serializers that are named for the publisher's producer are told of as useless, with the cure")
    void uselessSerializers(CapturedOutput output) {
        this.runner
                .withPropertyValues(
                        "resilient-kafka.publisher.properties.value.serializer=com.example.OrderSerializer",
                        "resilient-kafka.publisher.properties.linger.ms=5")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(output)
                            .containsOnlyOnce("resilient-kafka.publisher.properties.value.serializer is not used")
                            .contains("set spring.kafka.producer.value-serializer")
                            .doesNotContain("properties.key.serializer");
                });
    }

    @Test
    void twoProducerFactoriesWithoutAPrimaryOneFailTheStart() {
        this.runner.withUserConfiguration(TwoFactories.class).run(failsNaming("ProducerFactory", "@Primary"));
    }

    @Test
    void thePrimaryOneOfTwoProducerFactoriesIsUsed() {
        this.runner.withUserConfiguration(TwoFactoriesOnePrimary.class).run(context -> assertThat(
                        context.getBean(ProducerSettings.class).bootstrapServers())
                .isEqualTo("127.0.0.1:3"));
    }

    @Test
    void noProducerFactoryFailsTheStart() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
                .withPropertyValues("spring.datasource.url=jdbc:h2:mem:nofactory")
                .run(failsNaming("ProducerFactory", "spring.kafka.bootstrap-servers"));
    }

    @Test
    void noDataSourceFailsTheStartWithBothCures() {
        this.withoutDatabase.run(context -> assertThat(rootOf(context)).satisfies(ex -> assertThat(ex.cure())
                .contains("spring.datasource.url")
                .contains("resilient-kafka.fallback.store-failures=false")));
    }

    @Test
    @DisplayName("W4: store-failures=false needs no database")
    void storingSwitchedOff() {
        this.withoutDatabase
                .withPropertyValues("resilient-kafka.fallback.store-failures=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(EventPublisher.class)
                        .doesNotHaveBean(FailedEventRetryService.class));
    }

    @Test
    void anInterceptorOfTheApplicationsIsRefusedClearly() {
        this.runner
                .withPropertyValues("spring.kafka.producer.properties[interceptor.classes]=com.example.Mine")
                .run(failsNaming("interceptor.classes", "resilient-kafka.publisher.properties"));
    }

    @Test
    void anUnknownSerializerClassIsNamedWithItsProperty() {
        this.runner
                .withBean(
                        ProducerFactory.class,
                        () -> new DefaultKafkaProducerFactory<>(
                                Map.of("bootstrap.servers", "127.0.0.1:1", "value.serializer", "com.example.Missing")))
                .run(failsNaming("spring.kafka.producer.value-serializer", "org.apache.kafka.common.serialization"));
    }

    @Test
    @DisplayName(
            "W2: the circuit has our defaults where the application says nothing, and the application's word elsewhere")
    void circuitDefaults() {
        ApplicationContextRunner withResilience4j =
                this.runner.withConfiguration(AutoConfigurations.of(CircuitBreakerAutoConfiguration.class));
        withResilience4j.run(context -> {
            CircuitBreakerConfig config = config(context);
            assertThat(config.getSlidingWindowSize()).isEqualTo(50);
            assertThat(config.getMinimumNumberOfCalls()).isEqualTo(10);
            assertThat(config.getFailureRateThreshold()).isEqualTo(50);
            assertThat(config.getSlowCallRateThreshold()).isEqualTo(50);
            assertThat(config.getSlowCallDurationThreshold()).isEqualTo(Duration.ofSeconds(2));
            assertThat(config.getPermittedNumberOfCallsInHalfOpenState()).isEqualTo(3);
            assertThat(config.getMaxWaitDurationInHalfOpenState()).isEqualTo(Duration.ofSeconds(10));
            assertThat(config.getWaitIntervalFunctionInOpenState().apply(1)).isEqualTo(300_000);
        });
        withResilience4j
                .withPropertyValues(
                        "resilience4j.circuitbreaker.configs.default.sliding-window-size=7",
                        "resilience4j.circuitbreaker.instances.kafka-publisher.failure-rate-threshold=20")
                .run(context -> {
                    CircuitBreakerConfig config = config(context);
                    assertThat(config.getSlidingWindowSize()).isEqualTo(7);
                    assertThat(config.getFailureRateThreshold()).isEqualTo(20);
                    assertThat(config.getPermittedNumberOfCallsInHalfOpenState())
                            .isEqualTo(3);
                });
        withResilience4j
                .withPropertyValues(
                        "resilience4j.circuitbreaker.configs.default.sliding-window-size=7",
                        "resilience4j.circuitbreaker.configs.base.minimum-number-of-calls=4",
                        "resilience4j.circuitbreaker.instances.kafka-publisher.base-config=base",
                        "resilience4j.circuitbreaker.instances.kafka-publisher.failure-rate-threshold=20")
                .run(context -> {
                    CircuitBreakerConfig config = config(context);
                    assertThat(config.getSlidingWindowSize())
                            .as("with a base the default configuration is not in effect")
                            .isEqualTo(50);
                    assertThat(config.getMinimumNumberOfCalls()).isEqualTo(4);
                    assertThat(config.getFailureRateThreshold()).isEqualTo(20);
                    assertThat(config.getPermittedNumberOfCallsInHalfOpenState())
                            .isEqualTo(3);
                });
    }

    @Test
    @DisplayName("the consecutive style of docs/configuration.md: 5 failures in a row open, 2 successes close")
    void consecutiveStyle() throws IOException {
        this.runner
                .withConfiguration(AutoConfigurations.of(CircuitBreakerAutoConfiguration.class))
                .withPropertyValues(documentedConsecutiveStyle())
                .run(context -> {
                    // A circuit of this test's own: the application's opens as soon as it finds no broker.
                    PublisherCircuit circuit =
                            new PublisherCircuit(CircuitBreaker.of(PublisherCircuit.NAME, config(context)));
                    fail(circuit, 4);
                    succeed(circuit, 1);
                    fail(circuit, 4);
                    assertThat(circuit.state())
                            .as("the success in between counts")
                            .isEqualTo(State.CLOSED);
                    fail(circuit, 1);
                    assertThat(circuit.state()).isEqualTo(State.OPEN);

                    circuit.halfOpen();
                    fail(circuit, 2);
                    assertThat(circuit.state()).isEqualTo(State.OPEN);

                    circuit.halfOpen();
                    succeed(circuit, 1);
                    assertThat(circuit.state()).isEqualTo(State.HALF_OPEN);
                    succeed(circuit, 1);
                    assertThat(circuit.state()).isEqualTo(State.CLOSED);

                    fail(circuit, 5);
                    circuit.halfOpen();
                    fail(circuit, 1);
                    succeed(circuit, 1);
                    assertThat(circuit.state())
                            .as("one success of two closes it, too")
                            .isEqualTo(State.CLOSED);
                });
    }

    private static String[] documentedConsecutiveStyle() throws IOException {
        String page = Files.readString(Path.of("../docs/configuration.md"));
        String yaml = page.substring(page.indexOf("```yaml") + "```yaml".length());
        YamlPropertiesFactoryBean properties = new YamlPropertiesFactoryBean();
        properties.setResources(
                new ByteArrayResource(yaml.substring(0, yaml.indexOf("```")).getBytes(StandardCharsets.UTF_8)));
        String[] settings = Objects.requireNonNull(properties.getObject()).entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toArray(String[]::new);
        assertThat(settings)
                .contains("resilience4j.circuitbreaker.instances.kafka-publisher.sliding-window-size=5")
                .allMatch(setting -> setting.startsWith("resilience4j.circuitbreaker.instances.kafka-publisher."));
        return settings;
    }

    /**
     * Each failure takes as long as a send can take, so that slowness would show.
     */
    private static void fail(PublisherCircuit circuit, int times) {
        for (int i = 0; i < times; i++) {
            circuit.failed(permit(circuit), "t", FailureKind.OUTAGE, new TimeoutException(), SLOW);
        }
    }

    private static void succeed(PublisherCircuit circuit, int times) {
        for (int i = 0; i < times; i++) {
            circuit.succeeded(permit(circuit), SLOW);
        }
    }

    private static Object permit(PublisherCircuit circuit) {
        return Objects.requireNonNull(circuit.tryAcquire());
    }

    private static CircuitBreakerConfig config(AssertableApplicationContext context) {
        return context.getBean(CircuitBreakerRegistry.class)
                .find(PublisherCircuit.NAME)
                .orElseThrow()
                .getCircuitBreakerConfig();
    }

    private static ContextConsumer<AssertableApplicationContext> failsNaming(String property, String cure) {
        return context -> {
            assertThat(context).hasFailed();
            ConfigurationException ex = rootOf(context);
            assertThat(ex.property()).contains(property);
            assertThat(ex.cure()).contains(cure);
        };
    }

    private static ConfigurationException rootOf(AssertableApplicationContext context) {
        Throwable failure = context.getStartupFailure();
        while (failure != null && !(failure instanceof ConfigurationException)) {
            failure = failure.getCause();
        }
        assertThat(failure).isInstanceOf(ConfigurationException.class);
        return (ConfigurationException) failure;
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

    @Configuration(proxyBeanMethods = false)
    static class TwoFactoriesOnePrimary {

        @Bean
        ProducerFactory<?, ?> one() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:2"));
        }

        @Bean
        @Primary
        ProducerFactory<?, ?> two() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:3"));
        }
    }
}
