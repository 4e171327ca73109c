package io.github.resilientkafka.listener;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.ProducerRecreationPolicy;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherObserver;
import io.github.resilientkafka.publisher.RawPublisher;
import java.time.Clock;
import java.util.Map;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.annotation.Order;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Auto-configuration of the listener half. Needs our publisher, to which dead letters go.
 */
@AutoConfiguration(afterName = "io.github.resilientkafka.publisher.PublisherAutoConfiguration")
@ConditionalOnBooleanProperty(
        name = {"resilient-kafka.enabled", "resilient-kafka.listener.enabled"},
        matchIfMissing = true)
@ConditionalOnClass(AbstractMessageListenerContainer.class)
@ConditionalOnBean({RawPublisher.class, DeadLetters.class})
@EnableConfigurationProperties(ListenerProperties.class)
@ImportRuntimeHints(ListenerRuntimeHints.class)
final class ListenerAutoConfiguration {

    /**
     * Made early, as it has to see the factories: it must not take anything else with it.
     */
    @Bean
    static ContainerVisits resilientKafkaContainerVisits(
            ObjectProvider<ListenerContainers> containers, ObjectProvider<LateContainers> late) {
        return new ContainerVisits(containers, late);
    }

    @Bean
    LateContainers resilientKafkaLateContainers(
            ObjectProvider<ListenerContainers> containers, ListenerThreads threads) {
        return new LateContainers(containers, threads);
    }

    @Bean
    @ConditionalOnMissingBean
    ListenerContainers resilientKafkaListenerContainers(
            ListenerProperties properties,
            ListenerThreads threads,
            RetryContainers retryContainers,
            ObjectProvider<ListenerErrorClassifier> classifiers,
            ObjectProvider<DependencyProbeFinder> finders,
            DeadLetters deadLetters,
            RawPublisher rawPublisher,
            EventPublisher publisher,
            ProducerSettings producerSettings,
            ObjectProvider<ProducerRecreationPolicy> recreationPolicies,
            ObjectProvider<PublisherObserver> publisherObservers,
            EventNotifier notifier,
            ObjectProvider<ListenerObserver> observers,
            ObjectProvider<Clock> clocks,
            ObjectProvider<ConsumerFactory<?, ?>> consumerFactories) {
        ListenerObserver observer = ListenerObservers.of(observers.orderedStream());
        Dependencies dependencies =
                new Dependencies(() -> finders.orderedStream().toList());
        ListenerOutfit outfit = new ListenerOutfit(
                new ErrorTable(
                        classifiers.orderedStream().toList(),
                        properties.errors().table()),
                dependencies,
                deadLetters,
                rawPublisher,
                publisher,
                notifier,
                observer,
                threads,
                clocks.getIfUnique(Clock::systemUTC));
        RetryProducer retryProducer = new RetryProducer(
                producerSettings
                        .with(properties.republish().properties())
                        .producers("republisher", PublisherObserver.of(publisherObservers.orderedStream())),
                recreationPolicies.getIfUnique(ProducerRecreationPolicy::defaultPolicy),
                threads);
        return new ListenerContainers(
                properties,
                outfit,
                new RetryStrategies(
                        new RetryTopics(properties.retryTopic(), deadLetters), retryProducer, retryContainers, threads),
                dependencies,
                observer,
                () -> {
                    ConsumerFactory<?, ?> factory = consumerFactories.getIfUnique();
                    return (factory == null) ? Map.of() : factory.getConfigurationProperties();
                });
    }

    @Bean
    ConsumerEvents resilientKafkaConsumerEvents(ObjectProvider<ListenerContainers> containers) {
        return new ConsumerEvents(containers);
    }

    @Bean
    SettingsCheck resilientKafkaListenerSettingsCheck(
            ListenerProperties properties, ObjectProvider<ListenerContainers> containers) {
        return new SettingsCheck(properties, containers);
    }

    /**
     * Does nothing until it is told to watch a listener, for metrics.
     */
    @Bean
    @ConditionalOnMissingBean
    LagWatch resilientKafkaLagWatch() {
        return new LagWatch();
    }

    @Bean
    MessageViewConfigurer resilientKafkaMessageViewConfigurer() {
        return new MessageViewConfigurer();
    }

    @Bean
    ListenerThreads resilientKafkaListenerThreads() {
        return new ListenerThreads();
    }

    @Bean
    RetryContainers resilientKafkaRetryContainers(ListenerThreads threads) {
        return new RetryContainers(threads);
    }

    @Bean
    @Order(0)
    BeanProbes resilientKafkaBeanProbes(BeanFactory beans) {
        return new BeanProbes(beans);
    }

    @Bean
    @Order(1)
    CircuitBreakerProbes resilientKafkaCircuitBreakerProbes(ObjectProvider<CircuitBreakerRegistry> registries) {
        return new CircuitBreakerProbes(registries::getIfUnique);
    }
}
