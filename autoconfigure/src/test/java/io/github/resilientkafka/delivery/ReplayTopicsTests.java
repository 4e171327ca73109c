package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.publisher.DeadLetters;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.support.TopicPartitionOffset;

/**
 * Which dead-letter topics are replayed by cron.
 */
class ReplayTopicsTests {

    private static final Set<String> PRESENT =
            Set.of("a", "a.dlq", "b", "b.dlq", "c", "c.dlq", "stock.in", "stock.in.dlq", "stock.out", "other.dlq");

    private final DeadLetters deadLetters = mock(DeadLetters.class);

    @BeforeEach
    void names() {
        willAnswer(call -> call.getArgument(0) + ".dlq").given(this.deadLetters).topicFor(anyString());
        willAnswer(call -> call.<String>getArgument(0).endsWith(".dlq"))
                .given(this.deadLetters)
                .isDeadLetterTopic(anyString());
    }

    @Test
    @DisplayName("H7: those that listeners read, by name, partition or pattern, and that have a dead-letter topic")
    void listeners() {
        ReplayTopics topics = topics(
                List.of(),
                new ContainerProperties("a", "unheard.of", "b.dlq"),
                new ContainerProperties(new TopicPartitionOffset("c", 0), new TopicPartitionOffset("c", 1)),
                new ContainerProperties(Pattern.compile("stock.*")));

        assertThat(topics.of(PRESENT)).containsExactly("a", "c", "stock.in");
    }

    @Test
    @DisplayName("H7: those that are named, instead")
    void named() {
        assertThat(topics(List.of("b", "unheard.of"), new ContainerProperties("a"))
                        .of(PRESENT))
                .containsExactly("b");
    }

    private ReplayTopics topics(List<String> named, ContainerProperties... listeners) {
        List<MessageListenerContainer> containers = Arrays.stream(listeners)
                .map(properties -> {
                    MessageListenerContainer container = mock(MessageListenerContainer.class);
                    given(container.getContainerProperties()).willReturn(properties);
                    return container;
                })
                .toList();
        KafkaListenerEndpointRegistry registry = mock(KafkaListenerEndpointRegistry.class);
        given(registry.getAllListenerContainers()).willReturn(containers);
        StaticListableBeanFactory beans = new StaticListableBeanFactory();
        beans.addBean("registry", registry);
        TopicReplayContext context = new TopicReplayContext(
                new DlqReplayProperties(null, named, 3, "g"), null, null, null, null, this.deadLetters, null, null);
        return new ReplayTopics(context, beans.getBeanProvider(KafkaListenerEndpointRegistry.class));
    }
}
