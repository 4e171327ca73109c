package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.MessageView;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Gives handlers the {@link MessageView} they ask for, or a list of them.
 */
final class MessageViewResolver implements HandlerMethodArgumentResolver {

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == MessageView.class || isList(parameter);
    }

    private static boolean isList(MethodParameter parameter) {
        ResolvableType type = ResolvableType.forMethodParameter(parameter);
        return type.resolve() == List.class && type.resolveGeneric(0) == MessageView.class;
    }

    @Override
    public Object resolveArgument(MethodParameter parameter, Message<?> message) {
        List<MessageView> views = CurrentRecords.ofThread().get().stream()
                .map(MessageViewResolver::view)
                .toList();
        if (isList(parameter)) {
            return views;
        }
        if (views.size() != 1) {
            throw new IllegalStateException("A parameter of type MessageView needs one record, not " + views.size()
                    + ": declare a List<MessageView> in a batch listener; listeners with an error handler of their own,"
                    + " transactions or @RetryableTopic have none");
        }
        return views.get(0);
    }

    private static MessageView view(ConsumerRecord<?, ?> record) {
        @Nullable Object key = record.key();
        @Nullable Object value = record.value();
        return new MessageView(
                record.topic(),
                record.partition(),
                record.offset(),
                key,
                value,
                Instant.ofEpochMilli(record.timestamp()),
                List.of(record.headers().toArray()));
    }
}
