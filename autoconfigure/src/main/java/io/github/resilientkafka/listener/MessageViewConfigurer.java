package io.github.resilientkafka.listener;

import java.util.ArrayList;
import java.util.List;
import org.springframework.kafka.annotation.KafkaListenerConfigurer;
import org.springframework.kafka.config.KafkaListenerEndpointRegistrar;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Adds our argument resolver to those that the application has set: of configurers there may be several, of lists of
 * resolvers only one.
 */
final class MessageViewConfigurer implements KafkaListenerConfigurer {

    @Override
    public void configureKafkaListeners(KafkaListenerEndpointRegistrar registrar) {
        List<HandlerMethodArgumentResolver> resolvers = new ArrayList<>();
        if (registrar.getCustomMethodArgumentResolvers() != null) {
            resolvers.addAll(registrar.getCustomMethodArgumentResolvers());
        }
        resolvers.add(new MessageViewResolver());
        registrar.setCustomMethodArgumentResolvers(resolvers.toArray(HandlerMethodArgumentResolver[]::new));
    }
}
