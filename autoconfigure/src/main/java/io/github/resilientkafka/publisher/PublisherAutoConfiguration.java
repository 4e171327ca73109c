package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.publisher.PublisherProperties.Ordering;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import io.github.resilientkafka.store.StoreScope;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Auto-configuration of the publisher. Backs off from an {@link EventPublisher} of the application's own.
 */
@AutoConfiguration(
        afterName = {
            "io.github.resilientkafka.store.StoreAutoConfiguration",
            "org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration",
            "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
            "io.github.resilience4j.springboot3.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnClass(ProducerFactory.class)
@EnableConfigurationProperties({PublisherProperties.class, DlqProperties.class})
final class PublisherAutoConfiguration {

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    @Bean
    @ConditionalOnMissingBean
    EventNotifier resilientKafkaEventNotifier(ApplicationEventPublisher publisher) {
        return new EventNotifier(publisher);
    }

    @Bean
    @ConditionalOnMissingBean
    ProducerSettings resilientKafkaProducerSettings(
            ObjectProvider<ProducerFactory<?, ?>> factories, PublisherProperties properties) {
        return ProducerSettings.of(
                theFactory(factories).getConfigurationProperties(),
                properties.properties(),
                properties.maxQueueBytes().toBytes());
    }

    @Bean
    @ConditionalOnMissingBean
    PublisherCircuit resilientKafkaCircuit(ObjectProvider<CircuitBreakerRegistry> registries) {
        CircuitBreakerRegistry registry = registries.getIfUnique(CircuitBreakerRegistry::ofDefaults);
        CircuitBreaker breaker = registry.find(PublisherCircuit.NAME)
                .orElseGet(() -> registry.circuitBreaker(PublisherCircuit.NAME, CircuitDefaults.config()));
        return new PublisherCircuit(breaker);
    }

    @Bean
    @ConditionalOnMissingBean
    KafkaProbe resilientKafkaProbe(ProducerSettings settings) {
        return new KafkaProbe(settings, PROBE_TIMEOUT);
    }

    @Bean
    @ConditionalOnMissingBean
    DeadLetters resilientKafkaDeadLetters(DlqProperties properties, KafkaProbe probe) {
        return new DeadLetters(properties, probe);
    }

    @Bean
    @ConditionalOnMissingBean
    RefusedTopics resilientKafkaRefusedTopics() {
        return new RefusedTopics();
    }

    @Bean
    @ConditionalOnMissingBean
    PartitionHolds resilientKafkaPartitionHolds() {
        return new PartitionHolds();
    }

    /**
     * Where nothing is stored there is nothing to wait for: a lost event's place is not kept.
     */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean({EventStore.class, GroupCommitWriter.class})
    @ConditionalOnProperty(name = "resilient-kafka.publisher.ordering", havingValue = "key", matchIfMissing = true)
    LaneGates resilientKafkaLaneGates(
            PublisherProperties properties, RetryProperties retry, EventStore store, PublisherCircuit circuit) {
        // Where this instance brings nothing back, it must not wait until others have.
        LaneGates.PendingRows pendingRows = retry.enabled() ? store::backlog : floors -> List.of();
        return new LaneGates(pendingRows, circuit, properties.timeout(), retry.batchSize());
    }

    @Bean
    @ConditionalOnMissingBean
    ProducerRecreationPolicy resilientKafkaProducerRecreationPolicy() {
        return ProducerRecreationPolicy.defaultPolicy();
    }

    @Bean
    @ConditionalOnMissingBean(EventPublisher.class)
    ResilientEventPublisher resilientKafkaEventPublisher(
            PublisherProperties properties,
            StoreScope scope,
            ObjectProvider<ProducerFactory<?, ?>> factories,
            ProducerSettings settings,
            PublisherCircuit circuit,
            KafkaProbe probe,
            ObjectProvider<LaneGates> laneGates,
            PartitionHolds holds,
            RefusedTopics refusedTopics,
            ProducerRecreationPolicy policy,
            ObjectProvider<GroupCommitWriter> writers,
            RetrySchedule schedule,
            EventNotifier notifier,
            ObjectProvider<Clock> clocks,
            ObjectProvider<TraceContext> traceContexts,
            ObjectProvider<PublisherObserver> observers) {
        ClientVersionCheck.warn();
        Clock clock = clocks.getIfUnique(Clock::systemUTC);
        PublisherObserver observer = PublisherObserver.of(observers.orderedStream());
        GroupCommitWriter writer = writers.getIfAvailable();
        ByteBudget budget = new ByteBudget(properties.maxQueueBytes().toBytes());
        CompletionExecutor completions = new CompletionExecutor();
        LaneGates gates = laneGates.getIfAvailable();
        ProducerSessions sessions = new ProducerSessions(
                "publisher",
                () -> settings.createProducer("publisher", observer),
                circuit,
                policy,
                properties.stallTimeout(),
                properties.ordering() == Ordering.KEY,
                (gates != null) ? gates::producerEnds : () -> {},
                observer);
        EventFlow flow = new EventFlow(
                circuit,
                sessions,
                gates,
                holds,
                refusedTopics,
                writer,
                schedule,
                clock,
                properties.timeout(),
                budget,
                completions,
                observer,
                notifier);
        return new ResilientEventPublisher(
                properties,
                new EventSerializer(
                        ApplicationSerializers.of(theFactory(factories)),
                        scope.namespace(),
                        properties.defaultTopic(),
                        traceContexts.getIfAvailable(() -> TraceContext.NONE),
                        clock),
                budget,
                circuit,
                sessions,
                gates,
                new KafkaWatch(
                        circuit,
                        probe,
                        settings.bootstrapServers(),
                        properties.recoveryProbeInterval(),
                        notifier,
                        observer,
                        clock),
                writer,
                completions,
                flow,
                observer);
    }

    /**
     * The application's producer factory: the only one, or the primary one.
     */
    private static ProducerFactory<?, ?> theFactory(ObjectProvider<ProducerFactory<?, ?>> factories) {
        ProducerFactory<?, ?> factory = factories.getIfUnique();
        if (factory != null) {
            return factory;
        }
        List<ProducerFactory<?, ?>> all = factories.stream().toList();
        if (all.isEmpty()) {
            throw new ConfigurationException(
                    "ProducerFactory",
                    "there is no bean of this type to take the producer's settings from",
                    "Let Spring Boot configure Kafka (spring.kafka.bootstrap-servers), or declare a ProducerFactory bean.");
        }
        throw new ConfigurationException(
                "ProducerFactory",
                "there are " + all.size() + " beans of this type and none is @Primary",
                "Annotate the one whose settings the event publisher shall use with @Primary.");
    }

    /**
     * Trace context in headers, where the application traces with Micrometer. Its beans are looked up, not conditions:
     * the configurations that make them have other names in each generation of Spring Boot.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({Tracer.class, Propagator.class})
    static class TraceContextConfiguration {

        @Bean
        @ConditionalOnMissingBean
        TraceContext resilientKafkaTraceContext(
                ObjectProvider<Tracer> tracers, ObjectProvider<Propagator> propagators) {
            Tracer tracer = tracers.getIfUnique();
            Propagator propagator = propagators.getIfUnique();
            return (tracer == null || propagator == null)
                    ? TraceContext.NONE
                    : new MicrometerTraceContext(tracer, propagator);
        }
    }

    /**
     * Our defaults for Resilience4j's properties, where the application has them.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(
            name = "io.github.resilience4j.spring6.circuitbreaker.configure.CircuitBreakerConfigurationProperties")
    static class CircuitDefaultsConfiguration {

        @Bean
        static CircuitDefaults resilientKafkaCircuitDefaults() {
            return new CircuitDefaults();
        }
    }
}
