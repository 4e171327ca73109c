package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.lifecycle.EventNotifier;
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
import org.springframework.beans.factory.ListableBeanFactory;
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
 * Auto-configuration of the publisher. Backs off as a whole from an {@link EventPublisher} of the application's own, and
 * with it the store and the relay.
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
@ConditionalOnMissingBean(EventPublisher.class)
@EnableConfigurationProperties({PublisherProperties.class, DlqProperties.class})
final class PublisherAutoConfiguration {

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    @Bean
    @ConditionalOnMissingBean
    EventNotifier resilientKafkaEventNotifier(ApplicationEventPublisher publisher) {
        return new EventNotifier(publisher);
    }

    @Bean
    ApplicationProducerFactory resilientKafkaApplicationProducerFactory(
            PublisherProperties properties, ListableBeanFactory beans) {
        return ApplicationProducerFactory.choose(properties.producerFactory(), beans);
    }

    @Bean
    @ConditionalOnMissingBean
    ProducerSettings resilientKafkaProducerSettings(
            ApplicationProducerFactory factory, PublisherProperties properties) {
        ApplicationSerializers.warnOfUseless(properties.properties());
        return ProducerSettings.of(
                factory.settings(),
                properties.properties(),
                properties.maxQueueBytes().toBytes());
    }

    @Bean
    @ConditionalOnMissingBean
    PublisherCircuit resilientKafkaCircuit(ObjectProvider<CircuitBreakerRegistry> registries) {
        CircuitBreakerRegistry registry = registries.getIfUnique(CircuitBreakerRegistry::ofDefaults);
        CircuitBreaker breaker = registry.find(PublisherCircuit.NAME)
                .orElseGet(() -> registry.circuitBreaker(
                        PublisherCircuit.NAME,
                        registry.getConfiguration(PublisherCircuit.NAME).orElseGet(CircuitDefaults::config)));
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
        BacklogPoll.PendingRows pendingRows = retry.enabled() ? store::backlog : lanes -> List.of();
        return new LaneGates(pendingRows, circuit, properties.timeout(), retry.batchSize());
    }

    @Bean
    @ConditionalOnMissingBean
    ProducerRecreationPolicy resilientKafkaProducerRecreationPolicy() {
        return ProducerRecreationPolicy.defaultPolicy();
    }

    @Bean
    ResilientEventPublisher resilientKafkaEventPublisher(
            PublisherProperties properties,
            StoreScope scope,
            ApplicationProducerFactory factory,
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
                settings.producers("publisher", observer),
                settings.partitions(probe),
                circuit,
                policy,
                properties.stallTimeout(),
                gates != null,
                (gates != null) ? gates::producerEnds : () -> {},
                circuit::open,
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
                        factory.serializers(),
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
