package io.github.resilientkafka.store;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;

/**
 * Which bean would be injected by type: told from the definitions, without creating any bean.
 */
final class BeanCandidates {

    private BeanCandidates() {}

    /**
     * Returns the name of the bean that would be injected by type.
     * @param beans where to look
     * @param type the type
     * @return the only candidate or the primary one, null when there is none or several
     */
    static @Nullable String only(ConfigurableListableBeanFactory beans, Class<?> type) {
        List<String> candidates = Arrays.stream(beans.getBeanNamesForType(type, true, false))
                .filter(name -> isCandidate(beans, name))
                .toList();
        List<String> primary =
                candidates.stream().filter(name -> isPrimary(beans, name)).toList();
        List<String> best = primary.isEmpty() ? candidates : primary;
        return best.size() == 1 ? best.get(0) : null;
    }

    private static boolean isCandidate(ConfigurableListableBeanFactory beans, String name) {
        if (!beans.containsBeanDefinition(name)) {
            return true;
        }
        BeanDefinition definition = beans.getMergedBeanDefinition(name);
        return definition.isAutowireCandidate()
                && !(definition instanceof AbstractBeanDefinition details && !details.isDefaultCandidate());
    }

    private static boolean isPrimary(ConfigurableListableBeanFactory beans, String name) {
        return beans.containsBeanDefinition(name)
                && beans.getMergedBeanDefinition(name).isPrimary();
    }
}
