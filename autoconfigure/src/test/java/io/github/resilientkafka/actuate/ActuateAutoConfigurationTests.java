package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.delivery.DeliveryObserver;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherObserver;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthContributorAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.MetricsAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.actuate.endpoint.invoke.convert.ConversionServiceParameterValueMapper;
import org.springframework.boot.actuate.endpoint.web.EndpointMediaTypes;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpointDiscoverer;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.actuate.health.SystemHealth;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What is contributed when, in both Spring Boot generations.
 */
class ActuateAutoConfigurationTests {

    private static final String BOOT_4 = "org.springframework.boot.health";

    private static final String BOOT_3 = "org.springframework.boot.actuate.autoconfigure.health";

    private final ApplicationContextRunner bare = new ApplicationContextRunner()
            .withInitializer(new HealthStatusOrderInitializer())
            .withConfiguration(AutoConfigurations.of(
                    ActuateAutoConfiguration.class,
                    Boot3HealthAutoConfiguration.class,
                    Boot4HealthAutoConfiguration.class,
                    EventMetricsAutoConfiguration.class,
                    KafkaEventsEndpointAutoConfiguration.class));

    private final ApplicationContextRunner boot3 =
            this.bare.withClassLoader(new FilteredClassLoader(BOOT_4)).withUserConfiguration(Application.class);

    private final ApplicationContextRunner boot3Health = this.boot3.withConfiguration(AutoConfigurations.of(
            EndpointAutoConfiguration.class,
            HealthContributorAutoConfiguration.class,
            HealthEndpointAutoConfiguration.class));

    private final ApplicationContextRunner metrics = this.boot3.withConfiguration(AutoConfigurations.of(
            MetricsAutoConfiguration.class,
            CompositeMeterRegistryAutoConfiguration.class,
            SimpleMetricsExportAutoConfiguration.class));

    @Test
    void whenThereIsNoPublisherThenNothingIsContributed() {
        this.bare
                .withClassLoader(new FilteredClassLoader(BOOT_4))
                .withPropertyValues("management.endpoints.web.exposure.include=*")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(HealthIndicator.class)
                        .doesNotHaveBean(KafkaEventsEndpoint.class)
                        .doesNotHaveBean(RetryFigures.class));
    }

    @Test
    void whenResilientKafkaIsDisabledThenNothingIsContributed() {
        this.metrics
                .withPropertyValues("resilient-kafka.enabled=false", "management.endpoints.web.exposure.include=*")
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .doesNotHaveBean(HealthIndicator.class)
                            .doesNotHaveBean(KafkaEventsEndpoint.class)
                            .doesNotHaveBean(PublisherMeters.class)
                            .doesNotHaveBean(EventGauges.class);
                    assertThat(context.getEnvironment().containsProperty("management.endpoint.health.status.order"))
                            .isFalse();
                });
    }

    @Test
    void whenSpringBootIs3ThenItsHealthIndicatorIsThere() {
        this.boot3.run(context -> {
            assertThat(context).hasSingleBean(HealthIndicator.class).hasBean("kafkaPublisherHealthIndicator");
            Health health = context.getBean(HealthIndicator.class).health();
            assertThat(health.getStatus().getCode()).isEqualTo("UP");
            assertThat(health.getDetails())
                    .containsEntry("circuitBreaker", "CLOSED")
                    .containsEntry("pending", 5L);
        });
    }

    @Test
    void whenSpringBootIs4ThenItsHealthIndicatorIsThere() {
        this.bare
                .withClassLoader(new FilteredClassLoader(BOOT_3))
                .withUserConfiguration(Application.class)
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(org.springframework.boot.health.contributor.HealthIndicator.class)
                            .doesNotHaveBean(HealthIndicator.class)
                            .hasBean("kafkaPublisherHealthIndicator");
                    publisher(context).circuit("OPEN");
                    org.springframework.boot.health.contributor.Health health = context.getBean(
                                    org.springframework.boot.health.contributor.HealthIndicator.class)
                            .health();
                    assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
                    assertThat(health.getDetails()).containsEntry("circuitBreaker", "OPEN");
                });
    }

    @Test
    void whenSpringBootIs4ThenItsSwitchIsRespected() {
        this.bare
                .withClassLoader(new FilteredClassLoader(BOOT_3))
                .withUserConfiguration(Application.class)
                .withPropertyValues("management.health.kafkaPublisher.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean("kafkaPublisherHealthIndicator"));
    }

    @Test
    void whenTheIndicatorIsSwitchedOffThenItIsNotThere() {
        this.boot3
                .withPropertyValues("management.health.kafkaPublisher.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void whenTheApplicationHasAnIndicatorOfThatNameThenItStays() {
        this.boot3
                .withBean(
                        "kafkaPublisherHealthIndicator",
                        HealthIndicator.class,
                        () -> () -> Health.up().withDetail("mine", true).build())
                .run(context -> assertThat(
                                context.getBean(HealthIndicator.class).health().getDetails())
                        .containsEntry("mine", true));
    }

    @Test
    void whenThereIsNoRetryServiceThenHealthSaysNothingOfPendingEvents() {
        this.bare
                .withClassLoader(new FilteredClassLoader(BOOT_4))
                .withBean(StubPublisher.class, StubPublisher::healthy)
                .run(context -> assertThat(
                                context.getBean(HealthIndicator.class).health().getDetails())
                        .doesNotContainKeys("pending", "pendingError"));
    }

    @Test
    void whenDegradedThenTheOverallHealthIsDegraded() {
        this.boot3Health.run(context -> {
            publisher(context).circuit("OPEN");
            SystemHealth health =
                    (SystemHealth) context.getBean(HealthEndpoint.class).health();
            assertThat(health.getComponents()).containsKeys("kafkaPublisher", "ping");
            assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
        });
    }

    @Test
    void whenTheApplicationHasAStatusOrderThenItStays() {
        this.boot3Health
                .withPropertyValues("management.endpoint.health.status.order=UP,DOWN")
                .run(context -> {
                    publisher(context).circuit("OPEN");
                    assertThat(context.getBean(HealthEndpoint.class)
                                    .health()
                                    .getStatus()
                                    .getCode())
                            .isEqualTo("UP");
                });
    }

    @Test
    void whenNotAskedForThenTheBrokersAreNoPartOfHealth() {
        this.boot3.run(context -> assertThat(context)
                .doesNotHaveBean("kafkaBrokerHealthIndicator")
                .doesNotHaveBean(KafkaBrokerHealth.class));
    }

    @Test
    void whenThereIsABrokerHealthThenItBecomesAComponent() {
        this.boot3Health
                .withBean(
                        KafkaBrokerHealth.class,
                        () -> new KafkaBrokerHealth(timeout -> {
                            throw new IllegalStateException("no broker");
                        }))
                .run(context -> assertThat(context.getBean(HealthEndpoint.class)
                                .healthForPath("kafkaBroker")
                                .getStatus()
                                .getCode())
                        .isEqualTo("DOWN"));
    }

    @Test
    void whenThereIsNoMeterRegistryThenThereAreNoMeters() {
        this.boot3.run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(PublisherObserver.class)
                .doesNotHaveBean(DeliveryObserver.class)
                .doesNotHaveBean(EventGauges.class));
    }

    @Test
    void whenMicrometerIsMissingThenTheRestWorks() {
        this.bare
                .withClassLoader(new FilteredClassLoader("io.micrometer.core", BOOT_4))
                .withUserConfiguration(Application.class)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(HealthIndicator.class));
    }

    @Test
    void whenActuatorIsMissingThenTheContextStarts() {
        this.bare
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate", BOOT_4))
                .withUserConfiguration(Application.class)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("kafkaEventsEndpoint"));
    }

    @Test
    void whenAPublisherUsesTheObserversThenThereIsNoCircle() {
        this.metrics.run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(PublisherMeters.class)
                    .hasSingleBean(DeliveryMeters.class)
                    .hasSingleBean(EventGauges.class);
            context.getBean(Application.class).observers.forEach(observer -> observer.notSent(FailureKind.OUTAGE, 1));
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            assertThat(registry.get("kafka.events.published")
                            .tag("status", "error")
                            .counter()
                            .count())
                    .isOne();
            assertThat(registry.get("kafka.retry.pending").gauge().value()).isEqualTo(5);
        });
    }

    @Test
    void whenTheEndpointIsNotExposedThenItIsNotThere() {
        this.boot3.run(context -> assertThat(context).doesNotHaveBean(KafkaEventsEndpoint.class));
    }

    @Test
    void whenTheEndpointIsExposedThenItsPathsAreDistinct() {
        this.boot3
                .withPropertyValues("management.endpoints.web.exposure.include=kafkaevents")
                .run(context -> {
                    assertThat(context).hasSingleBean(KafkaEventsEndpoint.class);
                    WebEndpointDiscoverer discoverer = new WebEndpointDiscoverer(
                            context,
                            new ConversionServiceParameterValueMapper(),
                            EndpointMediaTypes.DEFAULT,
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of());
                    assertThat(discoverer.getEndpoints()).singleElement().satisfies(endpoint -> assertThat(
                                    endpoint.getOperations())
                            .extracting(
                                    operation -> operation.getRequestPredicate().getHttpMethod() + " "
                                            + operation.getRequestPredicate().getPath())
                            .containsExactlyInAnyOrder(
                                    "GET kafkaevents",
                                    "GET kafkaevents/{section}",
                                    "GET kafkaevents/{section}/{id}",
                                    "POST kafkaevents/{section}/{id}/{action}",
                                    "POST kafkaevents/{section}",
                                    "DELETE kafkaevents/{section}/{id}"));
                });
    }

    @Test
    void whenTheContextClosesThenItsThreadsEnd() {
        this.boot3.run(context -> {
            context.getBean(HealthIndicator.class).health();
            context.close();
            assertThat(context.getBeanFactory().getSingletonCount()).isZero();
        });
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().equals("resilient-kafka-stats"))
                .allSatisfy(thread -> {
                    thread.join(5_000);
                    assertThat(thread.isAlive()).isFalse();
                });
    }

    private static StubPublisher publisher(ApplicationContext context) {
        return (StubPublisher) context.getBean(EventPublisher.class);
    }

    @Configuration(proxyBeanMethods = false)
    static class Application {

        List<PublisherObserver> observers = List.of();

        @Bean
        EventPublisher eventPublisher(ObjectProvider<PublisherObserver> observers) {
            this.observers = observers.orderedStream().toList();
            return StubPublisher.healthy();
        }

        @Bean
        FailedEventRetryService retryService() {
            return StubRetryService.pending(5, Instant.EPOCH);
        }
    }
}
